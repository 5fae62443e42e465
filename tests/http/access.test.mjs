// Signing in, and the commands that work beside a running server: users, tokens, and their end.
import test from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

const { HEED_URL: url, HEED_DATA: data, HEED_BINARY: heed } = process.env;
const command = (...args) => spawnSync(heed, [...args, "--data", data], { encoding: "utf8", timeout: 60000 });
const name = `test-${process.pid}`;
const password = "a sentence nobody guesses";

const signIn = (user, pass) => fetch(`${url}/sign-in`, { method: "POST", redirect: "manual", body: new URLSearchParams({ name: user, password: pass }) });
const cookieOf = (r) => r.headers.getSetCookie().find((c) => c.startsWith("heed=") && !c.startsWith("heed=;"));
const today = (cookie) => fetch(`${url}/`, { redirect: "manual", headers: { cookie } });
const api = (token, path) => fetch(`${url}/fhir${path}`, { headers: { authorization: `Bearer ${token}` } });

test("a user is added, listed, and refused a second time", () => {
  const added = command("user", "add", "--name", name, "--role", "ed-nurse", "--password", password);
  assert.equal(added.status, 0, added.stderr);
  assert.match(command("user", "list").stdout, new RegExp(`^${name}\ted-nurse\t`, "m"));
  const again = command("user", "add", "--name", name, "--role", "ed-nurse", "--password", password);
  assert.notEqual(again.status, 0);
  assert.match(again.stderr, /already/);
  const wrong = command("user", "add", "--name", `${name}-2`, "--role", "king", "--password", password);
  assert.notEqual(wrong.status, 0);
  assert.match(wrong.stderr, /no role "king"/);
  assert.notEqual(command("user", "add", "--name", `${name}-2`, "--role", "ed-nurse", "--password", "short").status, 0);
});

test("sign-in gives a careful cookie; a wrong password gives none", async () => {
  const wrong = await signIn(name, "not the password at all");
  assert.equal(cookieOf(wrong), undefined);
  const right = await signIn(name, password);
  const cookie = cookieOf(right);
  assert.ok(cookie, `${right.status}`);
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Strict/);
  assert.match(cookie, /Path=\//);
  assert.ok(cookie.match(/^heed=([^;]+)/)[1].length >= 22, "128 bits and more");
  assert.equal((await today(cookie.split(";")[0])).status, 200);
  assert.equal((await today("heed=made-up")).status, 303);
});

test("a session cookie is no token, and a token no session", async () => {
  const cookie = cookieOf(await signIn(name, password)).match(/^heed=([^;]+)/)[1];
  assert.equal((await api(cookie, "/Patient?_count=1")).status, 401);
  const token = command("token", "--user", name, "--minutes", "5").stdout.trim();
  assert.equal((await today(`heed=${token}`)).status, 303);
});

test("disabling ends sessions and tokens at once", async () => {
  const cookie = cookieOf(await signIn(name, password)).split(";")[0];
  const made = command("token", "--user", name, "--scope", "user/Organization.read", "--minutes", "5");
  assert.equal(made.status, 0, made.stderr);
  const token = made.stdout.trim();
  assert.equal((await api(token, "/Organization?_count=1")).status, 200);
  assert.equal((await api(token, "/Location?_count=1")).status, 403, "another type than the scope names");
  assert.equal(command("user", "disable", "--name", name).status, 0);
  assert.equal((await api(token, "/Organization?_count=1")).status, 401);
  assert.equal((await today(cookie)).status, 303);
  assert.equal(cookieOf(await signIn(name, password)), undefined);
  assert.notEqual(command("token", "--user", name).status, 0);
});

test("misuse of the commands says how", () => {
  for (const args of [["user"], ["user", "add"], ["token"], ["token", "--user", "x", "--minutes", "none"], ["token", "--user", "x", "--scope", "patient/*.read"]])
    assert.notEqual(command(...args).status, 0, args.join(" "));
});

test("every page and answer has the headers of a careful server", async () => {
  for (const path of ["/", "/sign-in", "/fhir/metadata", "/health", "/nothing-here"]) {
    const r = await fetch(url + path, { redirect: "manual" });
    assert.equal(r.headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(r.headers.get("referrer-policy"), "no-referrer", path);
    assert.ok(r.headers.get("content-security-policy"), path);
    assert.doesNotMatch(r.headers.get("content-security-policy"), /unsafe-inline|unsafe-eval/, path);
    assert.match(r.headers.get("cache-control"), /no-store/, path);
  }
});
