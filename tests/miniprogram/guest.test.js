import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { until } from "./phone.js";
import { TEXTS, md5, newPhone, picture } from "./things.js";

const { GUEST_SITE, LOGIN_SITE } = process.env;

let phone;

afterEach(() => phone.close());

function take(site, login = false, options = {}) {
  phone = newPhone({ baseUrl: site, login }, options);
  return phone;
}

async function send(page, name) {
  phone.pictures = [picture(name)];
  await page.tap(".album");
  await page.one(".chosen");
  await page.tap(".upload");
}

test("guests upload, see what this phone sent, fetch and delete it, without a log-in", async () => {
  take(GUEST_SITE);
  let page = phone.open("backup");
  await page.sees("还没有备份");
  await send(page, "one.png");
  await page.one(".kept");
  phone.close();

  phone.launch();
  page = phone.open("backup");
  await page.one(".kept");
  assert.equal(page.data.items[0].md5, md5(picture("one.png").bytes));
  await page.one(".picture");
  await page.tap(".save");
  await until(() => phone.album.length);
  assert.deepEqual(phone.album[0], picture("one.png").bytes);
  await (await page.one(".kept")).do("longpress");
  await page.sees("还没有备份");
  assert.equal(phone.logins, 0);
  assert.ok(phone.requests.every(({ header }) => !("authorization" in header)));

  // It is gone from the server, too.
  const answer = await fetch(`${GUEST_SITE}/service/image?md5=${md5(picture("one.png").bytes)}`);
  assert.equal(answer.status, 404);
});

test("guests post with a picture", async () => {
  take(GUEST_SITE);
  const page = phone.open("post");
  await (await page.one(".title")).type("来自访客");
  await (await page.one(".content")).type("你好");
  phone.pictures = [picture("two.png")];
  await page.tap(".choose");
  await page.one(".photo");
  await page.tap(".send");
  const published = await page.one(".published");
  assert.equal((await fetch(published.attribute("src"))).status, 200);
});

test("where guests are not taken, they are told", async () => {
  take(LOGIN_SITE);
  const page = phone.open("backup");
  await send(page, "one.png");
  assert.equal((await page.one(".chosen .error")).text, TEXTS.zh["failure.guest"]);
  assert.equal(phone.logins, 0);
});

test("a picture beyond the server's limit is refused in its words", async () => {
  take(GUEST_SITE);
  const page = phone.open("backup");
  await send(page, "huge.png");
  const error = await page.one(".chosen .error");
  assert.match(error.text, /[\u4e00-\u9fff].*MB/);
  assert.equal(page.all(".kept").length, 0);
});

test("who logs in too often is told to wait", async () => {
  take(GUEST_SITE, true);
  const body = JSON.stringify({ code: "wrong" });
  const headers = { "content-type": "application/json" };
  const statuses = new Set();
  for (let count = 0; count < 32; count += 1) {
    const answer = await fetch(`${GUEST_SITE}/api/wechat/login`, { method: "POST", headers, body });
    statuses.add(answer.status);
  }
  assert.ok(statuses.has(429), [...statuses].join());
  const page = phone.open("backup");
  await page.sees("操作太频繁");
});
