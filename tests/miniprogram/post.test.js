import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { writeFileSync } from "node:fs";
import path from "node:path";

import { Front } from "./front.js";
import { until } from "./phone.js";
import { TEXTS, newPhone, picture } from "./things.js";

let front;
let phone;

before(async () => {
  front = await new Front(process.env.LOGIN_SITE).open();
});
after(() => front.shut());
afterEach(() => {
  phone.close();
  assert.deepEqual(front.faults, []);
});

function take(options) {
  phone = newPhone({ baseUrl: front.url, login: true }, options);
  return phone;
}

async function choose(page, name) {
  phone.pictures = [picture(name)];
  await page.tap(".choose");
  await page.one(".photo");
}

async function write(page, title = "一起跑步", content = "周六早上，**滨江**。") {
  await (await page.one(".title")).type(title);
  await (await page.one("textarea.content, .content")).type(content);
}

const uploads = () => phone.requests.filter(({ name }) => name === "uploadFile");

test("a post with its picture, in one request", async () => {
  take();
  const page = phone.open("post", "official");
  await choose(page, "turned.jpg");
  assert.equal((await page.one(".photo")).attribute("mode"), "aspectFill");
  await write(page, "It's “一起” 跑步", "周六早上");
  await (await page.one(".tag")).do("change", { value: "3" });
  await page.tap(".more");
  await (await page.one(".date")).do("change", { value: "2027-01-31" });
  await (await page.one(".time")).do("change", { value: "08:30" });
  await (await page.one(".number")).type("5");
  await (await page.one(".reward")).type("20");
  await (await page.one(".question")).type("跑过十公里吗？");
  await page.tap(".send");
  const published = await page.one(".published");
  assert.equal(published.attribute("mode"), "aspectFit");

  assert.equal(uploads().length, 1);
  const { openid, filename, ...fields } = uploads()[0].formData;
  assert.match(openid, /^\d{15}$/);
  assert.match(filename, /^照片 .*\.jpg$/);
  assert.deepEqual(fields, {
    title: "It's “一起” 跑步",
    content: "周六早上",
    tag: "活动",
    limit_time: "2027-01-31 08:30:00",
    limit_num: "5",
    reward: "20",
    problem_content: "跑过十公里吗？",
  });

  // <image> sends no token: anybody may see it.
  const answer = await fetch(published.attribute("src"));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "image/jpeg");
  const bytes = Buffer.from(await answer.arrayBuffer());
  writeFileSync(path.join(process.env.RESULTS, "published.jpg"), bytes);

  await page.tap(".copy");
  await until(() => phone.clipboard === published.attribute("src"));
  await page.tap(".again");
  assert.equal((await page.one(".title")).attribute("value"), "");
  assert.equal(page.all(".photo").length, 0);
});

test("without a picture, or words, nothing is sent, and each field says what it lacks", async () => {
  take();
  const page = phone.open("post");
  await page.tap(".send");
  await page.sees("请先选择一张图片。");
  await page.sees("请先写标题。");
  await page.sees("请先写内容。");
  await write(page);
  await until(() => !page.all("#no-title").length && !page.all("#no-content").length);
  await page.tap(".send");
  await page.sees("请先选择一张图片。");
  await choose(page, "one.png");
  await until(() => !page.all("#no-photo").length);
  await page.tap(".more");
  await (await page.one(".number")).type("viele");
  await page.tap(".send");
  await page.sees("请填写整数。");
  assert.equal(uploads().length, 0);
});

const ANSWERS = [
  [
    "its own refusal",
    { status: 200, body: '{"error":1,"data":{"msg":"图片上传失败","url":""}}' },
    "图片上传失败",
  ],
  ["an error page", { status: 502 }, "服务器出错了（502）"],
  ["a page that is too much for nginx", { status: 413 }, "failure.tooLarge"],
  ["too many requests", { status: 429, header: { "Retry-After": "9" } }, "9 秒后重试"],
];

for (const [what, fault, words] of ANSWERS) {
  test(`a post answered by ${what} keeps what was written`, async () => {
    take();
    const page = phone.open("post");
    await write(page, "写了很久");
    await choose(page, "two.png");
    front.faults.push({ when: /POST .tasks/, ...fault });
    await page.tap(".send");
    await page.sees(TEXTS.zh[words] ?? words);
    assert.equal((await page.one(".title")).attribute("value"), "写了很久");
    await until(() => !page.data.sending);
    await page.tap(".send");
    await page.one(".published");
  });
}

test("a file that is no picture is refused in the server's words, and no post is made", async () => {
  take();
  const page = phone.open("post");
  await write(page, "没有图片的文章");
  await choose(page, "not.jpg");
  await page.tap(".send");
  const refusal = await page.one(".refused");
  assert.match(refusal.text, /[\u4e00-\u9fff]/);
  assert.doesNotMatch(refusal.text, /服务器没有接受/);
});

test("an outdated token is renewed, and one tap posts once", async () => {
  take();
  phone.storage.set("tuchuang", { server: front.url, token: "outdated" });
  const page = phone.open("post");
  await write(page);
  await choose(page, "one.png");
  await page.tap(".send");
  await page.call("onSend"); // a second, nervous tap
  await page.one(".published");
  assert.equal(phone.logins, 1);
  assert.equal(uploads().length, 2);
});

test("a picture that does not load is told of", async () => {
  take();
  const page = phone.open("post");
  await write(page);
  await choose(page, "one.png");
  await page.tap(".send");
  await (await page.one(".published")).do("error");
  await page.sees("图片没有显示出来");
});

test("in English", async () => {
  take({ language: "en_GB" });
  const page = phone.open("post");
  await page.tap(".send");
  await page.sees("Choose a picture first.");
  assert.doesNotMatch(page.html, /[\u4e00-\u9fff]/);
  assert.deepEqual(Object.keys(TEXTS.en), Object.keys(TEXTS.zh));
});
