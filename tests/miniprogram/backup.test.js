import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { Front } from "./front.js";
import { until } from "./phone.js";
import { TEXTS, md5, newPhone, picture } from "./things.js";

let front;
let phone;

before(async () => {
  front = await new Front(process.env.LOGIN_SITE).open();
});
after(() => front.shut());

function take(options) {
  phone = newPhone({ baseUrl: front.url, login: true }, options);
  return phone;
}

afterEach(() => {
  phone?.close();
  assert.deepEqual(front.faults, []);
});

async function chosen(page, ...pictures) {
  phone.pictures = [...pictures];
  const count = page.all(".chosen").length;
  await page.tap(".album");
  await until(() => page.all(".chosen").length === count + pictures.length);
}

async function backedUp(...pictures) {
  const page = phone.open("backup");
  await page.ready;
  await chosen(page, ...pictures);
  await page.tap(".upload");
  await until(() => page.all(".kept").length === pictures.length, page.html);
  return page;
}

const kept = (page) => page.data.items.map((item) => item.md5);

test("choose, preview, upload, list, download, delete", async () => {
  take();
  const page = phone.open("backup", "official");
  await page.ready;
  await page.sees("还没有备份");

  const one = picture("one.png");
  await chosen(page, one);
  const { options } = phone.shown.find(({ kind }) => kind === "choose");
  assert.deepEqual(options.sizeType, ["original"]);
  assert.deepEqual(options.mediaType, ["image"]);
  const preview = page.all(".chosen .thumb")[0];
  assert.equal(preview.attribute("mode"), "aspectFill");
  assert.match(preview.attribute("src"), /^http:\/\/tmp\/\w+\.png$/);
  await preview.tap();
  await until(() => phone.shown.some(({ kind }) => kind === "preview"));

  await page.tap(".upload");
  await until(() => kept(page).length);
  assert.deepEqual(kept(page), [md5(one.bytes)]);
  assert.equal(page.all(".chosen").length, 0);
  assert.deepEqual(phone.toasts(), ["已上传 1 张"]);
  const uploads = phone.requests.filter(({ name }) => name === "uploadFile");
  assert.equal(uploads.length, 1);
  assert.match(uploads[0].header.authorization, /^Bearer \S+$/);

  // Another phone of the same person has none of it yet.
  const before = phone;
  const again = take({ person: before.person });
  const other = again.open("backup");
  await until(() => other.all(".kept .picture").length === 1);
  assert.match(other.all(".kept .name")[0].text, /^照片 \d{4}-.*\.png$/);
  await other.tap(".save");
  await until(() => again.album.length);
  assert.deepEqual(again.album[0], one.bytes);

  await other.all(".kept")[0].do("longpress");
  await until(() => !other.all(".kept").length);
  assert.match(again.shown.find(({ kind }) => kind === "modal").content, /照片/);
  await other.sees("还没有备份");
  const third = take({ person: before.person }).open("backup");
  await third.sees("还没有备份");
  before.close();
  again.close();
});

test("nothing is deleted without a yes", async () => {
  take();
  const page = await backedUp(picture("one.png"));
  phone.confirms = false;
  await page.all(".kept")[0].do("longpress");
  await until(() => phone.shown.some(({ kind }) => kind === "modal"));
  await page.call("onPullDownRefresh");
  assert.equal(kept(page).length, 1);
  assert.ok(phone.shown.some(({ kind }) => kind === "refreshed"));
});

test("progress is shown, three at once at most, and the one that is no picture says so", async () => {
  take();
  const page = phone.open("backup");
  await page.ready;
  const widths = new Set();
  page.watch(() => {
    for (const bar of page.all(".chosen .bar-done")) widths.add(bar.attribute("style"));
  });
  const good = ["one.png", "two.png", "big.jpg", "turned.jpg"].map(picture);
  await chosen(page, ...good.slice(0, 2), picture("not.jpg"), ...good.slice(2));
  assert.equal((await page.one(".upload")).text, "上传 5 张");
  await page.tap(".upload");
  await until(() => kept(page).length === 4 && page.all(".chosen").length === 1);
  assert.equal(phone.most, 3);
  assert.ok(widths.size > 2, [...widths].join());
  assert.deepEqual(new Set(kept(page)), new Set(good.map(({ bytes }) => md5(bytes))));
  assert.deepEqual(phone.toasts(), ["已上传 4 张"]);

  const [left] = page.all(".chosen");
  const [error] = left.inside(".error");
  assert.match(error.text, /[\u4e00-\u9fff]/); // the server's own words, in the person's language
  assert.notEqual(error.text, "服务器没有接受（415）。");
  await left.inside(".remove")[0].tap();
  await until(() => !page.all(".chosen").length);
});

test("a name that WeChat knows is kept, also one that has quotes and blanks in it", async () => {
  take();
  const page = phone.open("backup");
  await page.ready;
  phone.pictures = [{ ...picture("one.png"), name: "外滩 it's “1”.png" }];
  await page.tap(".chat");
  await page.sees("外滩 it's “1”.png");
  await page.tap(".upload");
  await until(() => kept(page).length);
  assert.equal(page.all(".kept .name")[0].text, "外滩 it's “1”.png");
});

test("while the server is down, the picture stays with a reason, and trying again works", async () => {
  take();
  const page = phone.open("backup");
  await page.ready;
  await chosen(page, picture("two.png"));
  await front.shut();
  await page.tap(".upload");
  await page.sees(TEXTS.zh["failure.network"]);
  assert.equal(kept(page).length, 0);
  await front.open();
  await page.tap(".retry");
  await until(() => kept(page).length === 1);
  assert.equal(page.all(".chosen").length, 0);
});

test("a list that could not be read says so, and can be asked for again", async () => {
  take();
  await backedUp(picture("two.png"));
  const { person } = phone;
  phone.close();
  await front.shut();
  const page = take({ person }).open("backup");
  await page.ready;
  await page.sees(TEXTS.zh["failure.network"]);
  await front.open();
  await page.tap(".reload");
  await until(() => kept(page).length === 1);
});

test("a download that fails says so beside the picture, and can be tried again", async () => {
  take();
  const page = await backedUp(picture("two.png"));
  const { person } = phone;
  phone.close();
  front.faults.push({ when: /md5=/, status: 502 }); // the thumbnail
  const again = take({ person }).open("backup");
  await until(() => kept(again).length && !front.faults.length);
  front.faults.push({ when: /md5=/, status: 502 });
  await again.tap(".save");
  await again.sees("服务器出错了（502）");
  assert.equal(phone.album.length, 0);
  await again.tap(".retry");
  await until(() => phone.album.length);
  assert.deepEqual(phone.album[0], picture("two.png").bytes);
  assert.ok(page);
});

test("the list shows small pictures, and the whole one is fetched to be looked at", async () => {
  take();
  const big = picture("big.jpg");
  await backedUp(big);
  const { person } = phone;
  phone.close();
  const page = take({ person }).open("backup");
  const thumb = (await page.one(".kept .picture")).attribute("src");
  const { length } = phone.files.get(thumb);
  assert.ok(length < big.bytes.length / 2, `${length} bytes of ${big.bytes.length}`);
  const downloads = () => phone.requests.filter(({ name }) => name === "downloadFile");
  assert.deepEqual(downloads().map(({ path }) => /[&?]w=320$/.test(path)), [true]);

  await (await page.one(".kept .thumb")).tap();
  await until(() => phone.shown.some(({ kind }) => kind === "preview"));
  const { current, urls } = phone.shown.find(({ kind }) => kind === "preview");
  assert.deepEqual(urls, [current]);
  assert.deepEqual(phone.files.get(current), big.bytes);
  await page.tap(".save");
  await until(() => phone.album.length);
  assert.equal(downloads().length, 2); // what was looked at is not fetched again
  assert.equal((await page.one(".kept .picture")).attribute("src"), thumb);
});

test("who refused the album is led to the settings", async () => {
  take();
  const page = await backedUp(picture("one.png"));
  phone.albumOpen = false;
  await page.tap(".save");
  await until(() => phone.album.length === 1);
  assert.ok(phone.shown.some(({ title }) => title === "需要相册权限"));
  assert.ok(phone.toasts().includes("已存入相册"));

  phone.albumOpen = false;
  phone.confirms = false;
  await page.tap(".save");
  await until(() => phone.shown.filter(({ title }) => title === "需要相册权限").length === 2);
  await until(() => !page.data.items[0].state);
  assert.equal(phone.album.length, 1);
});

test("the token is kept, and one that the server does not know is renewed once", async () => {
  take();
  await backedUp(picture("one.png"));
  assert.equal(phone.logins, 1);
  const token = phone.storage.get("tuchuang").token;
  assert.ok(token);
  phone.close();

  phone.launch(); // as if the program was started the next day
  const page = phone.open("backup");
  await page.ready;
  assert.equal(kept(page).length, 1);
  assert.equal(phone.logins, 1);

  phone.storage.set("tuchuang", { server: front.url, token: "outdated" });
  await chosen(page, picture("two.png"), picture("big.jpg"));
  await page.tap(".upload");
  await until(() => kept(page).length === 3, page.html);
  assert.equal(phone.logins, 2); // both uploads waited for the same log-in
  assert.notEqual(phone.storage.get("tuchuang").token, "outdated");
  assert.equal(phone.requests.filter(({ path }) => path === "/api/wechat/login").length, 2);
});

test("who hears late that the token is outdated takes the new one", async () => {
  take();
  const page = await backedUp(picture("one.png"));
  const refusal = { when: /POST .service/, status: 401 };
  front.faults.push(refusal, { ...refusal, delay: 1000 });
  await chosen(page, picture("two.png"), picture("big.jpg"));
  await page.tap(".upload");
  await until(() => kept(page).length === 3, page.html);
  assert.equal(phone.logins, 2);
});

for (const code of [-500, -501]) {
  test(`code ${code} logs in again, once and not for ever`, async () => {
    take();
    const page = await backedUp(picture("one.png"));
    const refusal = { when: /POST .service/, status: 200, type: "application/json" };
    refusal.body = JSON.stringify({ result_code: code, message: "unauthorized" });
    front.faults.push(refusal);
    await chosen(page, picture("two.png"));
    await page.tap(".upload");
    await until(() => kept(page).length === 2);
    assert.equal(phone.logins, 2);

    front.faults.push({ ...refusal }, { ...refusal });
    await chosen(page, picture("big.jpg"));
    await page.tap(".upload");
    await page.sees(TEXTS.zh["failure.unauthorized"]);
    assert.equal(phone.logins, 3);
    await page.tap(".retry");
    await until(() => kept(page).length === 3);
  });
}

test("a log-in that fails is told", async () => {
  take();
  phone.noLogin = true;
  const page = phone.open("backup");
  await page.ready;
  await page.sees(TEXTS.zh["failure.login"]);
  phone.noLogin = false;
  await page.tap(".reload");
  await page.sees("还没有备份");
});

const ANSWERS = [
  ["a page that is too much for nginx", { status: 413 }, "failure.tooLarge"],
  ["too many requests", { status: 429 }, "failure.tooOften"],
  ["too many requests, for a time", { status: 429, header: { "retry-after": "30" } }, "30 秒后重试"],
  ["an error page", { status: 502 }, "服务器出错了（502）"],
  ["a page where JSON should be", { status: 200 }, "failure.garbled"],
  ["half of an answer", { status: 200, body: '{"data":[{"na' }, "failure.garbled"],
  ["nothing", { status: 200, body: "" }, "failure.garbled"],
  ["null", { status: 200, body: "null" }, "failure.garbled"],
  [
    "a refusal with status 200",
    { status: 200, body: '{"result_code":-100,"message":"磁盘已满"}' },
    "磁盘已满",
  ],
  ["too large, in the server's words", { status: 413, body: '{"message":"最多 1 MB"}' }, "最多 1 MB"],
];

for (const [what, fault, words] of ANSWERS) {
  test(`an upload answered by ${what}`, async () => {
    take();
    const page = phone.open("backup");
    await page.ready;
    front.faults.push({ when: /POST .service/, ...fault });
    await chosen(page, picture("one.png"));
    await page.tap(".upload");
    await page.sees(TEXTS.zh[words] ?? words);
    assert.equal(kept(page).length, 0);
    await page.tap(".retry");
    await until(() => kept(page).length === 1);
  });
}

test("an answer that does not come", async () => {
  take({ settings: { timeout: 300 } });
  const page = phone.open("backup");
  await page.ready;
  front.faults.push({ when: /POST .service/, hang: true });
  await chosen(page, picture("one.png"));
  await page.tap(".upload");
  await page.sees(TEXTS.zh["failure.timeout"]);
});

test("an upload is cancelled on its way", async () => {
  take();
  const page = phone.open("backup");
  await page.ready;
  front.faults.push({ when: /POST .service/, hang: true });
  await chosen(page, picture("one.png"));
  await page.tap(".upload");
  await until(() => !front.faults.length);
  await page.tap(".remove");
  await page.sees(TEXTS.zh["failure.aborted"]);
  await page.tap(".retry");
  await until(() => kept(page).length === 1);
});

test("what was taken away while it waited is not sent", async () => {
  take({ settings: { parallel: 1 } });
  const page = phone.open("backup");
  await page.ready;
  await chosen(page, picture("big.jpg"), picture("one.png"));
  await page.tap(".upload");
  await page.all(".remove")[1].tap();
  await until(() => kept(page).length === 1);
  assert.deepEqual(kept(page), [md5(picture("big.jpg").bytes)]);
  assert.deepEqual(phone.toasts(), ["已上传 1 张"]);
});

test("who closes the picker is left in peace", async () => {
  take();
  const page = phone.open("backup");
  await page.ready;
  await page.tap(".album");
  await until(() => phone.shown.some(({ kind }) => kind === "choose"));
  assert.deepEqual(phone.toasts(), []);
});

test("a WeChat without chooseMedia", async () => {
  take();
  phone.lacks = ["chooseMedia", "getAppBaseInfo"];
  phone.launch();
  const page = await backedUp(picture("one.png"));
  assert.equal(phone.shown.find(({ kind }) => kind === "choose").name, "chooseImage");
  assert.deepEqual(kept(page), [md5(picture("one.png").bytes)]);
});

test("a server that is not in WeChat's list of domains", async () => {
  take();
  phone.domains = ["img.example.org"];
  const page = phone.open("backup");
  await page.ready;
  await page.sees(TEXTS.zh["failure.domain"]);
});

test("in English", async () => {
  take({ language: "en" });
  assert.deepEqual(
    phone.shown.filter(({ kind }) => kind === "tab").map(({ text }) => text),
    ["Backup", "Post"],
  );
  const page = phone.open("backup");
  await page.ready;
  await page.sees("No backups yet");
  await chosen(page, picture("not.jpg"));
  await page.tap(".upload");
  const error = await page.one(".chosen .error");
  assert.doesNotMatch(error.text, /[\u4e00-\u9fff]/);
  assert.doesNotMatch(page.html, /[\u4e00-\u9fff]/);
});

test("a list of more than one page is read while it is scrolled", async () => {
  take({ person: "collector" });
  const page = phone.open("backup");
  await page.ready;
  const first = page.all(".kept").length;
  assert.ok(page.data.next);
  await page.call("onReachBottom");
  assert.ok(first < page.all(".kept").length);
  assert.equal(page.all(".kept").length, Number(process.env.COLLECTION));
  assert.equal(new Set(kept(page)).size, Number(process.env.COLLECTION));
  await page.sees("没有更多了");
  await page.call("onReachBottom");
  const more = phone.requests.filter(({ path }) => path.startsWith("/service/image?before="));
  assert.equal(more.length, 1);
});
