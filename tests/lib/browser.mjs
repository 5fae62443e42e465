// A browser without JavaScript: it keeps its cookie, follows redirects, and sends a form only as the page it read allows: a field, an
// answer or a button that the page does not have is an error of the page, and the test fails.
import assert from "node:assert/strict";
import { request } from "./server.mjs";

const entities = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'" };
const unescape = (s) => s.replace(/&(amp|lt|gt|quot|#39|#x27);/g, (_, e) => entities[e]);

function attributes(tag) {
  const out = {};
  for (const [, name, , value] of tag.matchAll(/([a-zA-Z-]+)(="([^"]*)")?/g)) out[name.toLowerCase()] = value === undefined ? "" : unescape(value);
  return out;
}

// The words a reader sees.
export function wordsOf(html) {
  return unescape(html.replace(/<(script|style|svg)[\s\S]*?<\/\1>/g, " ").replace(/<[^>]*>/g, " ")).replace(/\s+/g, " ").trim();
}

class Form {
  constructor(browser, html) {
    const open = html.match(/^<form[^>]*>/)[0];
    this.browser = browser;
    this.html = html;
    this.action = attributes(open.slice(5)).action;
    this.controls = new Map(); // name -> {kind, options, value: [as sent]}
    this.buttons = [];
    this.read();
  }
  control(name, kind) {
    if (!this.controls.has(name)) this.controls.set(name, { kind, options: [], value: [] });
    return this.controls.get(name);
  }
  read() {
    const tags = /<(input|button)([^>]*)>|<textarea([^>]*)>([\s\S]*?)<\/textarea>|<select([^>]*)>([\s\S]*?)<\/select>/g;
    for (const m of this.html.matchAll(tags)) {
      if (m[3] !== undefined) this.control(attributes(m[3]).name, "text").value = [unescape(m[4])];
      else if (m[5] !== undefined) this.readSelect(attributes(m[5]).name, m[6]);
      else this.readInput(m[1], attributes(m[2]));
    }
  }
  readSelect(name, html) {
    const select = this.control(name, "choice");
    for (const [, tag] of html.matchAll(/<option([^>]*)>/g)) {
      const a = attributes(tag);
      select.options.push(a.value);
      if ("selected" in a) select.value = [a.value];
    }
    if (!select.value.length) select.value = [select.options[0]];
  }
  readInput(element, a) {
    if (element === "button" || a.type === "submit") {
      this.buttons.push(a);
      return;
    }
    if (!a.name || "disabled" in a) return;
    if (a.type !== "radio" && a.type !== "checkbox") {
      // the box beside "another answer" has the name of the choice
      const name = this.controls.has(a.name) ? `${a.name} other` : a.name;
      this.control(name, a.type === "hidden" ? "hidden" : "text").value = [a.value ?? ""];
      return;
    }
    const choice = this.control(a.name, a.type === "radio" ? "choice" : "choices");
    choice.options.push(a.value ?? "on");
    if ("checked" in a) choice.value.push(a.value ?? "on");
  }
  has(name) { return this.controls.has(name); }
  value(name) { return this.controls.get(name)?.value[0]; }
  set(answers) {
    for (const [name, given] of Object.entries(answers)) {
      const c = this.controls.get(name), values = [given].flat();
      assert.ok(c, `the page asks for "${name}"; it has ${[...this.controls.keys()].join(", ")}`);
      if (c.options.length) for (const v of values) assert.ok(c.options.includes(v), `"${name}" offers "${v}"; it has ${c.options.join(", ")}`);
      c.value = values;
    }
    return this;
  }
  // "2026-12-18 16:30" into the four boxes of a moment, "2019-05-02" into the three of a day.
  setDate(name, when) {
    const [, year, month, day, time] = when.match(/^(\d{4})-(\d\d)-(\d\d)(?: (\d\d:\d\d))?$/);
    return this.set({ [`${name}-day`]: day, [`${name}-month`]: month, [`${name}-year`]: year, ...(time ? { [`${name}-time`]: time } : {}) });
  }
  // Presses the button with this name (and value), or the first.
  press(name, value) {
    const button = name ? this.buttons.find((b) => b.name === name && (value === undefined || b.value === value)) : this.buttons[0];
    assert.ok(button, `the page has a button ${name ?? ""} ${value ?? ""}; it has ${this.buttons.map((b) => `${b.name}=${b.value}`).join(", ")}`);
    const body = new URLSearchParams();
    for (const [n, c] of this.controls) for (const v of c.value) body.append(n.replace(/ other$/, ""), v);
    if (button.name) body.append(button.name, button.value ?? "");
    return this.browser.post(this.action, body.toString());
  }
}

class Page {
  constructor(browser, path, answer) {
    this.browser = browser;
    this.path = path;
    this.status = answer.status;
    this.html = answer.text;
    this.headers = answer.headers;
    this.words = wordsOf(answer.text.replace(/^[\s\S]*<main/, "<main"));
  }
  // The form whose action starts with this.
  form(action) {
    const forms = [...this.html.matchAll(/<form[\s\S]*?<\/form>/g)].map((m) => new Form(this.browser, m[0]));
    const found = forms.find((f) => f.action.startsWith(action));
    assert.ok(found, `${this.path} (${this.status}) has a form for ${action}: ${this.words.slice(0, 300)}`);
    return found;
  }
  links() { return [...this.html.matchAll(/<a[^>]*href="([^"]*)"[^>]*>([\s\S]*?)<\/a>/g)].map((m) => ({ href: unescape(m[1]), words: wordsOf(m[2]) })); }
  link(words) { return this.links().find((l) => l.words.includes(words))?.href; }
  // The messages of the error summary.
  errors() {
    const summary = this.html.match(/<div class="nhsuk-error-summary"[\s\S]*?<\/ul>/)?.[0] ?? "";
    return [...summary.matchAll(/<li>([\s\S]*?)<\/li>/g)].map((m) => wordsOf(m[1]));
  }
}

export class Browser {
  constructor(server, name, password = "heed-demo-2026") {
    this.server = server;
    this.name = name;
    this.password = password;
    this.cookie = "";
  }
  async raw(method, path, body) {
    const headers = { cookie: this.cookie || undefined };
    if (body !== undefined) headers["content-type"] = "application/x-www-form-urlencoded";
    const r = await request(this.server, method, path, body, headers);
    for (const c of [r.headers["set-cookie"] ?? []].flat()) this.cookie = c.split(";")[0];
    return r;
  }
  async follow(path, answer) {
    let at = path, r = answer;
    for (let hops = 0; r.status === 303; hops++) {
      assert.ok(hops < 8, `${path} goes round and round`);
      at = r.headers.location;
      r = await this.raw("GET", at);
    }
    return new Page(this, at, r);
  }
  async signIn() {
    const page = await this.follow("/sign-in", await this.raw("GET", "/sign-in"));
    const first = await page.form("/sign-in").set({ name: this.name, password: this.password }).press();
    assert.notEqual(first.path, "/sign-in", `${this.name} signs in: ${first.words.slice(0, 200)}`);
    return first;
  }
  post(path, body) {
    return this.raw("POST", path, body).then((r) => this.follow(path, r));
  }
  // Opens a page; signs in when that is asked (a session ends after a quarter of an hour), and says why when a reason is.
  async get(path, reason = "The child is in the department") {
    let page = await this.follow(path, await this.raw("GET", path));
    if (page.path.startsWith("/sign-in")) {
      await this.signIn();
      page = await this.follow(path, await this.raw("GET", path));
    }
    if (reason && /^\/p\/[^/]+\/reason/.test(page.path)) page = await this.giveReason(page, reason, path);
    return page;
  }
  async giveReason(page, words, path) {
    const form = page.form("/p/");
    form.set({ code: "here-now" });
    const box = [...form.controls].find(([, c]) => c.kind === "text")?.[0];
    if (box) form.set({ [box]: words });
    await form.press();
    return this.follow(path, await this.raw("GET", path));
  }
  // Fills in a form about a person and files it. A question that is asked because of an answer may come only with the next page, as it
  // does without JavaScript. repeat: names of repeating parts to add one more of; press: another button than "file".
  async file(person, form, answers, { dates = {}, repeat = [], query = "", press = ["do"] } = {}) {
    const action = `/p/${person}/form/`;
    let page = await this.get(`${action}${form}${query}`), left = Object.entries(answers), more = [...repeat];
    for (let round = 0; round < 2 + repeat.length; round++) {
      const f = page.form(action), here = left.filter(([name]) => f.has(name));
      left = left.filter(([name]) => !f.has(name));
      f.set(Object.fromEntries(here));
      for (const [name, when] of Object.entries(dates)) if (f.has(`${name}-day`)) f.setDate(name, when);
      const adds = more.length && f.buttons.some((b) => b.name === "add" && b.value === more[0]);
      page = adds ? await f.press("add", more.shift()) : await f.press(...press);
      if (!adds && (!left.length || page.status !== 422)) break;
    }
    assert.deepEqual(left.map(([name]) => name), [], `the page asks all of it: ${page.words.slice(0, 400)}`);
    const check = page.status === 200 && page.path.startsWith(action) && press[0] === "do" && !press[1] && /name="do"[^>]*value="file"/.test(page.html);
    return check ? page.form(action).press("do", "file") : page;
  }
}
