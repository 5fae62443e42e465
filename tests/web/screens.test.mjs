// Each screen in Debian's Chromium, as several roles see it: at 1280 and 320 px, with and without JavaScript. axe finds nothing, the
// policy is not broken, nothing is asked of another host, the page does not scroll sideways, and main says the same without script.
// Pictures go to $HEED_RESULTS.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const base = process.env.HEED_URL;
const user = process.env.HEED_USER ?? "priya.shah", password = process.env.HEED_PASSWORD;
const results = process.env.HEED_RESULTS ?? "test-results";
const child = process.env.HEED_CHILD ?? "maya-reed", adult = process.env.HEED_ADULT ?? "kelly-reed";
const skip = !base || !password ? "HEED_URL and HEED_PASSWORD are not set" : false;
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

let browser;
const cookies = new Map(); // one sign-in a person: sign-in is slow on purpose

before(async () => {
  if (skip) return;
  mkdirSync(results, { recursive: true });
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"] });
});
after(async () => { await browser?.close(); });

async function context(name, options = {}) {
  const c = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  if (!name) return c;
  if (!cookies.has(name)) {
    const page = await c.newPage();
    await page.goto(`${base}/sign-in`);
    await page.fill("#name", name);
    await page.fill("#password", password);
    await Promise.all([page.waitForURL((u) => u.pathname === "/"), page.click("button:has-text('Sign in')")]);
    cookies.set(name, await c.cookies());
    await page.close();
  } else {
    await c.addCookies(cookies.get(name));
  }
  return c;
}

// Opens a record for which a reason is asked.
async function giveReason(page, path) {
  await page.goto(base + path);
  if (!new URL(page.url()).pathname.endsWith("/reason")) return;
  await page.check("input[name=code]");
  await page.fill("#words", "Here in the department now");
  await page.click("button:has-text('Open the record')");
  await page.waitForURL((u) => !u.pathname.endsWith("/reason"));
}

const words = (page) => page.evaluate(() => document.querySelector("main").textContent.replace(/\s+/g, " ").trim());

async function look(name, path, { as, prepare, title = path } = {}) {
  const file = (width, how) => join(results, `${name}-${width}${how}.png`);
  for (const width of [1280, 320]) {
    const strict = await context(as, { viewport: { width, height: 900 } });
    const page = await strict.newPage();
    const broken = [], elsewhere = [];
    page.on("console", (m) => { if (m.type() === "error" || /Content Security Policy|TrustedHTML|TrustedScript/.test(m.text())) broken.push(m.text()); });
    page.on("pageerror", (e) => broken.push(e.message));
    page.on("request", (q) => { if (!q.url().startsWith(base)) elsewhere.push(q.url()); });
    await page.addInitScript(() => { addEventListener("securitypolicyviolation", (e) => console.error("Content Security Policy", e.violatedDirective)); });
    const to = prepare ? await prepare(page) : path;
    const answer = await page.goto(base + to);
    assert.ok(answer.status() < 500, `${title}: ${answer.status()}`);
    await page.waitForLoadState("networkidle");
    assert.deepEqual(broken.filter((t) => !/status of 4\d\d/.test(t)), [], `${title} at ${width}: policy and script`);
    assert.deepEqual(elsewhere, [], `${title}: asks another host`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= width, `${title} at ${width}: scrolls sideways (${wide})`);
    const title_ = await page.title();
    assert.doesNotMatch(title_, /reed|maya|kelly/i, `${title}: a name in the title`);
    await page.screenshot({ path: file(width, ""), fullPage: true });
    const scripted = await words(page);
    await strict.close();

    const plain = await context(as, { viewport: { width, height: 900 }, javaScriptEnabled: false });
    const still = await plain.newPage();
    await still.goto(base + to);
    await still.screenshot({ path: file(width, "-nojs"), fullPage: true });
    const unscripted = await still.locator("main").textContent();
    const bare = (t) => t.replace(/\s+/g, " ").replace(/[0-9a-f-]{36}|\d\d:\d\d|\d+ (minute|hour)s? late/g, "").trim();
    assert.equal(bare(unscripted), bare(scripted), `${title}: other words without script`);
    await plain.close();

    const open = await context(as, { viewport: { width, height: 900 }, bypassCSP: true });
    const checked = await open.newPage();
    await checked.goto(base + to);
    await checked.waitForLoadState("networkidle");
    await checked.evaluate(axe);
    const found = await checked.evaluate((t) => window.axe.run(document, { runOnly: t }), tags);
    assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).slice(0, 3).join(" | ")}`), [], `${title} at ${width}: axe`);
    await open.close();
  }
}

const screen = (name, path, options) => test(`${name} ${path}`, { skip }, () => look(name, path, options));

screen("sign-in", "/sign-in");
screen("help", "/help", { as: user });
screen("accessibility", "/accessibility", { as: user });
screen("today", "/", { as: user });
screen("today-liaison", "/?f=all", { as: "june.hartley" });
screen("today-named-nurse", "/?f=all", { as: "anna.quist" });
screen("today-social-care", "/?f=all", { as: "tom.ellis" });
screen("people", "/people", { as: user });
screen("referrals", "/referrals", { as: "anna.quist" });
screen("feeds", "/feeds", { as: "ivan.petrov" });
screen("not-found", "/nothing-here", { as: user });

test("reason asked, then the record of a child", { skip }, async () => {
  const c = await context(user);
  await giveReason(await c.newPage(), `/p/${child}`);
  await c.close();
});
screen("reason", `/p/${adult}/reason`, { as: user });
screen("person-child", `/p/${child}`, { as: user });
screen("person-child-lead", `/p/${child}`, { as: "anna.quist" });
screen("person-adult", `/p/${adult}`, { as: "anna.quist" });
screen("flags", `/p/${child}/flags`, { as: "anna.quist" });
screen("facts", `/p/${child}/facts`, { as: "anna.quist" });
screen("forms", `/p/${child}/forms`, { as: user });
for (const form of ["concern-note", "referral-phone", "ed-child", "sharing-notice", "hv-sn-form", "liaison-review", "multi-agency-referral"])
  screen(`form-${form}`, `/p/${child}/form/${form}`, { as: "anna.quist" });
screen("form-ed-adult", `/p/${adult}/form/ed-adult`, { as: "anna.quist" });

// The first link of the page that begins so.
const first = (from, prefix) => async (page) => {
  await page.goto(base + from);
  const href = await page.locator(`main a[href^="${prefix}"]`).first().getAttribute("href", { timeout: 5000 });
  return href;
};
screen("task", "the first task of Today", { as: "june.hartley", prepare: first("/?f=all", "/t/") });
screen("why", "why the first task is there", { as: "june.hartley", prepare: first("/?f=all", "/why/") });
screen("referral", "the first referral", { as: "anna.quist", prepare: first("/referrals", "/r/") });

test("find: a name is posted, and the address that answers does not hold it", { skip }, async () => {
  const c = await context("anna.quist");
  const page = await c.newPage();
  await page.goto(`${base}/people`);
  await page.fill("#q", "Reed Maya");
  await page.locator("main button:has-text('Find')").click();
  await page.waitForURL(/\/people\/[0-9a-f]+$/);
  assert.match(await words(page), /REED, Maya/);
  assert.doesNotMatch(page.url(), /reed/i);
  const path = new URL(page.url()).pathname;
  await c.close();
  await look("found", path, { as: "anna.quist" });
});

test("a form says what is missing and keeps what was typed", { skip }, async () => {
  for (const javaScriptEnabled of [true, false]) {
    const c = await context("anna.quist", { javaScriptEnabled });
    const page = await c.newPage();
    await page.goto(`${base}/p/${child}/form/referral-phone`);
    await page.fill("[name='spoke-to']", "T Ellis, duty");
    await page.fill("[name='concern']", "");
    await page.locator("main button[value=file]").click();
    assert.match(await page.title(), /^Error: /);
    assert.equal(await page.inputValue("[name='spoke-to']"), "T Ellis, duty");
    const target = await page.locator(".nhsuk-error-summary a").first().getAttribute("href");
    assert.equal(await page.locator(target).count(), 1, "the summary links to the field");
    if (javaScriptEnabled) await page.screenshot({ path: join(results, "form-error-1280.png"), fullPage: true });
    await c.close();
  }
});

test("keyboard: the skip link is first, every stop can be seen", { skip }, async () => {
  const c = await context(user);
  const page = await c.newPage();
  await page.goto(`${base}/p/${child}`);
  const stops = [];
  for (let i = 0; i < 25; i++) {
    await page.keyboard.press("Tab");
    stops.push(await page.evaluate(() => { const e = document.activeElement, r = e.getBoundingClientRect(); return { text: e.textContent.trim().slice(0, 40), seen: r.width > 0 && r.height > 0 }; }));
  }
  assert.equal(stops[0].text, "Skip to main content");
  assert.deepEqual(stops.filter((s) => !s.seen), []);
  await c.close();
});

test("cover: one click to an empty page, one way back, no new sign-in", { skip }, async () => {
  const c = await context(user);
  const page = await c.newPage();
  await page.goto(`${base}/p/${child}`);
  await page.click("a:has-text('Cover')");
  assert.match(new URL(page.url()).pathname, /^\/cover$/);
  assert.doesNotMatch(await page.content(), /reed|safeguarding|NHS No/i);
  await page.click("a:has-text('Go back')");
  assert.equal(new URL(page.url()).pathname, "/");
  await c.close();
});

test("headers: no store, strict policy, and assets kept for ever", { skip }, async () => {
  const r = await fetch(`${base}/sign-in`);
  assert.equal(r.headers.get("cache-control"), "no-store");
  assert.match(r.headers.get("content-security-policy"), /default-src 'none'.*require-trusted-types-for 'script'/);
  assert.equal(r.headers.get("referrer-policy"), "no-referrer");
  const css = (await r.text()).match(/\/assets\/app\.[0-9a-f]+\.css/)[0];
  const a = await fetch(base + css);
  assert.match(a.headers.get("cache-control"), /immutable/);
});
