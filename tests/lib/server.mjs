// What the tests that start their own server share: starting and stopping, FHIR over HTTP, one MLLP message and its answer.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const top = new URL("../..", import.meta.url).pathname;
export const heed = process.env.HEED_BINARY ?? join(top, "build/heed");

export class Server {
  constructor(args = []) {
    this.data = mkdtempSync(join(tmpdir(), "heed-"));
    this.args = args;
    this.quiet = false; // true: nobody reads what it logs (who waits in spawnSync cannot, and the pipe fills)
    this.stopping = false;
  }
  // command: "serve" or "demo"
  start(command = "serve", extra = []) {
    const args = [command, "--data", this.data, "--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0", ...this.args, ...extra];
    this.child = spawn(heed, args, { stdio: ["ignore", "pipe", process.env.HEED_LOUD ? "inherit" : this.quiet ? "ignore" : "pipe"] });
    this.said = [];
    this.stopping = false;
    this.lastWords = "";
    this.child.stderr?.setEncoding("utf8").on("data", (s) => { this.lastWords = (this.lastWords + s).slice(-4000); });
    this.child.on("exit", (code, signal) => { if (!this.stopping) console.error(`# the server ended by itself: code ${code} signal ${signal}\n${this.lastWords}`); });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("not ready in 120 s")), 120000);
      const early = (code, signal) => reject(new Error(`stopped: code ${code} signal ${signal}`));
      this.child.once("exit", early);
      createInterface({ input: this.child.stdout }).on("line", (line) => {
        this.said.push(line);
        const m = line.match(/^listening http=(\S+)(?: mllp=(\S+))?/);
        if (!m) return;
        clearTimeout(timer);
        this.child.removeListener("exit", early);
        this.url = `http://${m[1]}`;
        [this.host, this.port] = m[1].split(":");
        this.mllp = m[2];
        resolve(this);
      });
    });
  }
  stop(signal = "SIGTERM") {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode) return Promise.resolve();
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    this.stopping = true;
    this.child.kill(signal);
    return gone;
  }
  command(...args) {
    return execFileSync(heed, args, { encoding: "utf8" }).trim();
  }
  addUser(name, role, password = "a-long-test-password") {
    this.command("user", "add", "--data", this.data, "--name", name, "--role", role, "--password", password);
  }
  makeToken(user, scope = "system/*.*") {
    this.token = this.command("token", "--data", this.data, "--user", user, "--scope", scope, "--minutes", "600");
    return this.token;
  }
  remove() { rmSync(this.data, { recursive: true, force: true }); }

  // One request; resolves to {status, headers, body (parsed when JSON), text}; rejects when the connection dies.
  request(method, path, body, headers = {}) {
    return request(this, method, path, body, { authorization: this.token ? `Bearer ${this.token}` : undefined, ...headers });
  }
  get(path) { return this.request("GET", path); }
  async setClock(now) {
    const r = await request(this, "POST", "/test/clock", JSON.stringify({ now }), { "content-type": "application/json" });
    if (r.status >= 300) throw new Error(`clock: ${r.status} ${r.text}`);
  }
}

export const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

export function request({ url }, method, path, body, headers = {}) {
  const send = { ...headers };
  for (const k of Object.keys(send)) if (send[k] === undefined) delete send[k];
  let payload = body;
  if (body !== undefined && typeof body !== "string") {
    payload = JSON.stringify(body);
    send["content-type"] ??= "application/fhir+json";
  }
  if (payload !== undefined) send["content-length"] = Buffer.byteLength(payload);
  return new Promise((resolve, reject) => {
    const q = http.request(new URL(path, url), { method, headers: send, agent }, (r) => {
      const parts = [];
      r.on("data", (d) => parts.push(d));
      r.on("error", reject);
      r.on("aborted", () => reject(new Error("aborted")));
      r.on("end", () => {
        const text = Buffer.concat(parts).toString();
        let parsed;
        try { parsed = JSON.parse(text); } catch { parsed = undefined; }
        resolve({ status: r.statusCode, headers: r.headers, body: parsed, text });
      });
    });
    q.on("error", reject);
    q.end(payload);
  });
}

// One MLLP connection that sends one message at a time.
export class Mllp {
  constructor(address) {
    const [host, port] = address.split(":");
    this.socket = net.connect({ host, port: Number(port) });
    this.waiting = null;
    this.buffer = "";
    this.socket.on("data", (d) => {
      this.buffer += d.toString("utf8");
      const end = this.buffer.indexOf("\x1c\r");
      if (end < 0 || !this.waiting) return;
      const answer = this.buffer.slice(this.buffer.indexOf("\x0b") + 1, end);
      this.buffer = this.buffer.slice(end + 2);
      const w = this.waiting;
      this.waiting = null;
      w.resolve(answer);
    });
    const fail = () => { this.waiting?.reject(new Error("closed")); this.waiting = null; this.dead = true; };
    this.socket.on("error", fail);
    this.socket.on("close", fail);
  }
  send(message) {
    if (this.dead) return Promise.reject(new Error("closed"));
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(`\x0b${message}\x1c\r`);
    });
  }
  close() { this.socket.destroy(); }
}

// 999 and six digits and the check digit (NHS Data Dictionary, modulus 11); the n-th that has one.
export function nhsNumber(n) {
  for (let i = 0, seen = -1; ; i++) {
    const nine = `999${String(100000 + i).slice(-6)}`;
    const sum = [...nine].reduce((s, d, k) => s + Number(d) * (10 - k), 0);
    const check = (11 - (sum % 11)) % 11;
    if (check === 10) continue;
    if (++seen === n) return nine + check;
  }
}

// area: PV1-3.1; disposal: PV1-36; end: PV1-45; why: a DG1 with this SNOMED CT code.
export function adt(event, control, { nhs = "", family = "TESTER", given = "Sam", born = "20150304", visit = control, when = "20261218100000", cls = "E",
  area = "ED", disposal = "", end = "", why = "", extra = [] } = {}) {
  const pv1 = Array(46).fill("");
  Object.assign(pv1, { 0: "PV1", 1: "1", 2: cls, 3: `${area}^^^RXX01`, 19: `${visit}^^^RXX01^VN`, 36: disposal, 44: when, 45: end });
  return [
    `MSH|^~\\&|EDSYS|RXX01|HEED|DERBY|${end || when}||ADT^${event}|${control}|P|2.4||||||UNICODE UTF-8`,
    `EVN|${event}|${end || when}`,
    `PID|1||${nhs}^^^NHS^NH~H${control}^^^RXX01^PI||${family}^${given}^^^^^L||${born}|2|||14 Example Road^^Derby^^DE90 1AA^GBR^H`,
    pv1.join("|").replace(/\|+$/, ""),
    ...(why ? [`DG1|1||${why}^^SCT`] : []),
    ...extra,
  ].join("\r") + "\r";
}
