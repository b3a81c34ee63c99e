// A phone with WeChat on it: pages run in miniprogram-simulate, wx.* asks a real server by HTTP.
import http from "node:http";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import path from "node:path";

import { JSDOM } from "jsdom";

const require = createRequire(import.meta.url);
const PROGRAM = fileURLToPath(new URL("../../examples/miniprogram", import.meta.url));
const PATIENCE = 15_000; // milliseconds; the machine may be busy
const REFERER = "https://servicewechat.com/wx0123456789abcdef/devtools/page-frame.html";

const { window } = new JSDOM("<!doctype html><body></body>", { pretendToBeVisual: true });
for (const name of ["CustomEvent", "TouchEvent", "Event", "Node"]) global[name] = window[name];
Object.assign(global, { window, document: window.document });
const simulate = require("miniprogram-simulate");

let codes = 0; // each is good once

/** Wait until `condition` holds; give back what it gave. */
export async function until(condition, what = String(condition)) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What was rendered for that selector, as WeChat's renderer would get it. */
class Shown {
  constructor(page, component) {
    this.page = page;
    this.component = component;
  }

  get text() {
    return this.component.dom.textContent.replace(/\s+/g, " ").trim();
  }

  attribute(name) {
    const { attrs } = this.component.toJSON();
    return attrs.find((attribute) => attribute.name === name)?.value;
  }

  get disabled() {
    return Boolean(this.attribute("disabled"));
  }

  inside(selector) {
    const { dom } = this.component;
    return this.page.all(selector).filter((each) => dom.contains(each.component.dom));
  }

  async do(event, detail = {}) {
    if (this.disabled) throw new Error("it is disabled");
    this.component.dispatchEvent(event, { detail });
    await Promise.resolve();
    await Promise.resolve();
  }

  tap() {
    return this.do("tap");
  }

  type(value) {
    return this.do("input", { value });
  }
}

class OpenPage {
  constructor(rendered) {
    this.rendered = rendered;
  }

  get data() {
    return this.rendered.data;
  }

  /** Call a lifecycle function of the page, as WeChat does. */
  async call(name, ...given) {
    return this.rendered.instance[name](...given);
  }

  /** Call `look` whenever the page's data was changed and shown. */
  watch(look) {
    const { instance } = this.rendered;
    const { setData } = instance;
    instance.setData = (...given) => {
      setData(...given);
      look();
    };
  }

  all(selector) {
    return this.rendered.querySelectorAll(selector).map((found) => new Shown(this, found));
  }

  /** The one that matches; waited for. */
  async one(selector) {
    const found = await until(() => this.all(selector)[0], `${selector} in ${this.html}`);
    const count = this.all(selector).length;
    if (count > 1) throw new Error(`${count} of ${selector}`);
    return found;
  }

  async tap(selector) {
    return (await this.one(selector)).tap();
  }

  get html() {
    return this.rendered.dom.outerHTML;
  }

  async sees(text) {
    await until(() => this.html.includes(text), `"${text}" in ${this.html}`);
  }
}

export class Phone {
  /** `settings` go over those in config.js. */
  constructor(settings, { language = "zh_CN" } = {}) {
    this.settings = settings;
    this.language = language;
    this.storage = new Map();
    this.files = new Map(); // temporary files
    this.pictures = []; // what the person will choose: {bytes, extension, name}
    this.album = []; // what was saved to it
    this.albumOpen = true;
    this.confirms = true; // what is answered when the program asks
    this.requests = []; // {name, method, path, header, formData}
    this.logins = 0;
    this.shown = []; // toasts, modals, previews
    this.running = 0;
    this.most = 0; // uploads at once
    this.domains = null; // WeChat's list of domains, if it is watched over
    this.opened = [];
    this.lacks = []; // functions that this version of WeChat does not have
    this.made = 0;
  }

  /** Start the mini program anew; storage stays. */
  launch() {
    for (const name of Object.keys(require.cache)) {
      if (name.startsWith(PROGRAM)) delete require.cache[name];
    }
    Object.assign(require(path.join(PROGRAM, "config.js")), this.settings);
    global.wx = this.wx();
    for (const name of this.lacks) delete global.wx[name];
    global.Page = ({ data, ...rest }) => global.Component({ data, methods: rest });
    global.App = (app) => app.onLaunch?.();
    require(path.join(PROGRAM, "app.js"));
    return this;
  }

  /** Open a page, for example "backup". `compiler`: WeChat's own, where it runs. */
  open(name, compiler = "simulate") {
    const place = path.join(PROGRAM, "pages", name, name);
    const id = simulate.load(place, "page", { compiler, rootPath: PROGRAM });
    const rendered = simulate.render(id);
    rendered.attach(window.document.body);
    const page = new OpenPage(rendered);
    this.opened.push(page);
    page.ready = page.call("onLoad", {});
    return page;
  }

  /** Close all pages. */
  close() {
    for (const page of this.opened.splice(0)) {
      page.rendered.instance.onUnload?.();
      page.rendered.detach();
    }
  }

  temporary(bytes, extension) {
    this.made += 1;
    const place = `http://tmp/${"Zz9".repeat(4)}${this.made}.${extension}`;
    this.files.set(place, bytes);
    return place;
  }

  toasts() {
    return this.shown.filter(({ kind }) => kind === "toast").map(({ title }) => title);
  }

  wx() {
    const later = (options, name, result) =>
      setImmediate(() => {
        const failed = result.errMsg !== undefined;
        const told = { errMsg: `${name}:ok`, ...result };
        (failed ? options.fail : options.success)?.(told);
        options.complete?.(told);
      });
    const choose = (name, entry) => (options) => {
      this.shown.push({ kind: "choose", name, options });
      if (!this.pictures.length) return later(options, name, { errMsg: `${name}:fail cancel` });
      const chosen = this.pictures.splice(0, options.count).map(({ bytes, extension, name: own }) =>
        entry(this.temporary(bytes, extension), bytes.length, own),
      );
      return later(options, name, { tempFiles: chosen });
    };
    return {
      getAppBaseInfo: () => ({ language: this.language }),
      getSystemInfoSync: () => ({ language: this.language }),
      getStorageSync: (key) => structuredClone(this.storage.get(key) ?? ""),
      setStorageSync: (key, value) => void this.storage.set(key, structuredClone(value)),
      setNavigationBarTitle: (options) => {
        this.shown.push({ kind: "title", ...options });
        later(options, "setNavigationBarTitle", {});
      },
      setTabBarItem: (options) => void this.shown.push({ kind: "tab", ...options }),
      stopPullDownRefresh: () => void this.shown.push({ kind: "refreshed" }),
      showToast: (options) => void this.shown.push({ kind: "toast", ...options }),
      previewImage: (options) => void this.shown.push({ kind: "preview", ...options }),
      setClipboardData: (options) => {
        this.clipboard = options.data;
        later(options, "setClipboardData", {});
      },
      showModal: (options) => {
        this.shown.push({ kind: "modal", ...options });
        later(options, "showModal", { confirm: this.confirms, cancel: !this.confirms });
      },
      openSetting: (options) => {
        this.albumOpen = this.confirms;
        const authSetting = { "scope.writePhotosAlbum": this.albumOpen };
        later(options, "openSetting", { authSetting });
      },
      saveImageToPhotosAlbum: (options) => {
        const name = "saveImageToPhotosAlbum";
        if (!this.albumOpen) return later(options, name, { errMsg: `${name}:fail auth deny` });
        this.album.push(this.files.get(options.filePath));
        return later(options, name, {});
      },
      chooseMedia: choose("chooseMedia", (place, size) => ({
        tempFilePath: place,
        size,
        fileType: "image",
      })),
      chooseImage: choose("chooseImage", (place, size) => ({ path: place, size })),
      chooseMessageFile: choose("chooseMessageFile", (place, size, name) => ({
        path: place,
        size,
        name,
        type: "image",
        time: 1,
      })),
      login: (options) => {
        this.logins += 1;
        if (this.noLogin) return later(options, "login", { errMsg: "login:fail" });
        codes += 1;
        return later(options, "login", { code: `code-of-${this.person}-${codes}` });
      },
      request: (options) => this.request(options),
      uploadFile: (options) => this.uploadFile(options),
      downloadFile: (options) => this.downloadFile(options),
    };
  }

  // ---- network ----

  request(options) {
    const { method = "GET", data, header = {} } = options;
    const body = data === undefined ? undefined : Buffer.from(JSON.stringify(data));
    const sent = { "content-type": "application/json", ...lower(header) };
    return this.exchange("request", { ...options, method, header: sent, body }, (answer, bytes) => {
      let read = bytes.toString();
      try {
        read = JSON.parse(read);
      } catch {
        // stays a string, as WeChat leaves it
      }
      return { statusCode: answer.statusCode, header: answer.headers, data: read, cookies: [] };
    });
  }

  uploadFile(options) {
    const { filePath, name, formData = {}, header = {} } = options;
    const bytes = this.files.get(filePath);
    const boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW9";
    const parts = Object.entries(formData).map(([field, value]) =>
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`,
      ),
    );
    const own = path.basename(filePath);
    const type = { jpg: "image/jpeg", png: "image/png" }[own.split(".").pop()];
    parts.push(
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${own}"\r\n` +
          `Content-Type: ${type ?? "application/octet-stream"}\r\n\r\n`,
      ),
      bytes,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    );
    const sent = { ...lower(header), "content-type": `multipart/form-data; boundary=${boundary}` };
    const whole = { ...options, method: "POST", header: sent, body: Buffer.concat(parts) };
    this.running += 1;
    this.most = Math.max(this.most, this.running);
    const complete = (told) => {
      this.running -= 1;
      options.complete?.(told);
    };
    return this.exchange("uploadFile", { ...whole, complete }, (answer, received) => ({
      statusCode: answer.statusCode,
      header: answer.headers,
      data: received.toString(),
    }));
  }

  downloadFile(options) {
    const sent = { ...options, method: "GET", header: lower(options.header ?? {}) };
    return this.exchange("downloadFile", sent, (answer, bytes) => {
      const type = (answer.headers["content-type"] ?? "").split(";")[0];
      const extension = { "image/jpeg": "jpg", "image/png": "png" }[type] ?? "unknown";
      return { statusCode: answer.statusCode, tempFilePath: this.temporary(bytes, extension) };
    });
  }

  exchange(name, options, read) {
    const listeners = [];
    const tell = (written, total) => {
      const progress = Math.floor((100 * written) / total);
      for (const listener of listeners) listener({ progress });
    };
    let over = false;
    const end = (failed, told) => {
      if (over) return;
      over = true;
      clearTimeout(clock);
      (failed ? options.fail : options.success)?.(told);
      options.complete?.(told);
    };
    const fail = (reason) => end(true, { errMsg: `${name}:fail ${reason}` });

    const url = new URL(options.url);
    const clock = setTimeout(() => {
      sending?.destroy();
      fail("timeout");
    }, options.timeout ?? 60_000);
    if (this.domains && !this.domains.includes(url.host)) {
      setImmediate(() => fail(`url not in domain list:${url.host}`));
      return { abort() {}, onProgressUpdate() {} };
    }
    const { method, header, formData, body } = options;
    this.requests.push({ name, method, header, formData, path: url.pathname + url.search });
    const sending = http.request(url, {
      method,
      agent: false, // a connection for each, for the server may go away
      headers: {
        "user-agent": "Mozilla/5.0 MicroMessenger/8.0.5 wechatdevtools/1.06 miniprogram",
        ...header,
        referer: REFERER,
        ...(body && { "content-length": body.length }),
      },
    });
    sending.on("error", (error) => fail(error.message));
    sending.on("response", (answer) => {
      const total = Number(answer.headers["content-length"]) || 0;
      const received = [];
      let count = 0;
      answer.on("data", (chunk) => {
        received.push(chunk);
        count += chunk.length;
        if (name === "downloadFile" && total) tell(count, total);
      });
      answer.on("error", (error) => fail(error.message));
      answer.on("end", () => {
        end(false, { errMsg: `${name}:ok`, ...read(answer, Buffer.concat(received)) });
      });
    });
    const write = (from) => {
      if (from >= (body?.length ?? 0) || over) return sending.end();
      const to = Math.min(body.length, from + 64 * 1024);
      return sending.write(body.subarray(from, to), () => {
        if (name === "uploadFile") tell(to, body.length);
        write(to);
      });
    };
    write(0);
    return {
      abort: () => {
        sending.destroy();
        setImmediate(() => fail("abort"));
      },
      onProgressUpdate: (listener) => void listeners.push(listener),
    };
  }
}

const lower = (header) =>
  Object.fromEntries(Object.entries(header).map(([name, value]) => [name.toLowerCase(), value]));
