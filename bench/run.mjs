// The figures of docs/figures.md: the server under load on this machine, durable, with the ledger on; load and server share the cores.
//   script/bench [--quick]
// Every rate is printed with the server's CPU time an operation, and beside what it is compared with in the same run.
import { spawnSync, execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { Server, top } from "../tests/lib/server.mjs";

const quick = process.argv.includes("--quick");
const build = join(top, process.env.HEED_BENCH_BUILD ?? "build");
process.env.HEED_BINARY = join(build, "heed");
const seconds = quick ? 3 : 10, resources = quick ? 10000 : 100000;

const row = (what, value, target, note = "") => console.log(`${what.padEnd(52)} ${String(value).padEnd(14)} target ${target.padEnd(20)} ${note}`);
const machine = () => console.log(`# ${cpus().length} x ${cpus()[0].model}, load average ${loadavg().map((n) => n.toFixed(1)).join(" ")}`);

const ticks = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
const cpuSeconds = (pid) => { const f = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" "); return (Number(f[11]) + Number(f[12])) / ticks; };
const residentMb = (pid, what = "VmRSS") => (Number(readFileSync(`/proc/${pid}/status`, "utf8").match(new RegExp(`${what}:\\s+(\\d+)`))[1]) / 1024).toFixed(0);

// One part that fails says so and leaves the others to run.
async function part(what, target, run) {
  try { await run(); } catch (e) { row(what, "failed", target, e.message.split("\n")[0]); process.exitCode = 1; }
}

function wrk(server, path, { connections = 64, lua, duration = seconds } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "heed-bench-")), script = join(dir, "s.lua");
  writeFileSync(script, `${lua}
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %.3f %.3f %.3f %d\\n", summary.requests, summary.duration, latency:percentile(50)/1000,
    latency:percentile(95)/1000, latency:percentile(99)/1000, summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout))
end\n`);
  const before = cpuSeconds(server.child.pid);
  const out = spawnSync("wrk", ["-t1", `-c${connections}`, `-d${duration}`, "-s", script, server.url + path], { encoding: "utf8" });
  rmSync(dir, { recursive: true });
  const m = out.stdout.match(/RESULT (\d+) (\d+) (\S+) (\S+) (\S+) (\d+)/);
  if (!m) throw new Error(`wrk: ${out.stdout}${out.stderr}`);
  const n = Number(m[1]);
  return { rate: n / (Number(m[2]) / 1e6), p50: m[3], p95: m[4], p99: m[5], errors: Number(m[6]), cpuUs: ((cpuSeconds(server.child.pid) - before) / n) * 1e6 };
}
const describe = (r) => `p50 ${r.p50} ms, p95 ${r.p95} ms, p99 ${r.p99} ms, server CPU ${r.cpuUs.toFixed(0)} us each, ${r.errors} errors`;

async function load(server, n) {
  const size = 500;
  for (let at = 0; at < n; at += size * 4)
    await Promise.all([0, 1, 2, 3].map(async (k) => {
      const from = at + k * size;
      if (from >= n) return;
      const entry = [];
      for (let i = from; i < Math.min(from + size, n); i++)
        entry.push({ request: { method: "PUT", url: `Patient/b${i}` }, resource: { resourceType: "Patient", id: `b${i}`,
          identifier: [{ system: "https://heed.example/fhir/bench", value: `b${i}` }], name: [{ family: `Bench${i % 997}`, given: ["Sam"] }],
          gender: i % 2 ? "male" : "female", birthDate: `${2008 + (i % 18)}-0${1 + (i % 9)}-1${i % 10}`,
          address: [{ line: [`${i % 90} Example Road`], city: "Derby", postalCode: `DE9${i % 9} 1AA` }] } });
      const r = await server.request("POST", "/fhir", { resourceType: "Bundle", type: "transaction", entry });
      if (r.status !== 200) throw new Error(`load: ${r.status} ${r.text.slice(0, 300)}`);
    }));
}

// ---- the API ----

const bearer = (server) => `wrk.headers["Authorization"] = "Bearer ${server.token}"`;

async function start(server) {
  const began = Date.now();
  await server.start();
  const took = Date.now() - began;
  await server.get("/fhir/Patient/b1");
  row(`start on ${resources} resources, to listening`, `${took} ms`, "under 1000 ms", `memory then ${residentMb(server.child.pid)} MB`);
}

function read(server) {
  const r = wrk(server, "/fhir/Patient/b1", { lua: `${bearer(server)}\nmath.randomseed(1)\nrequest = function() return wrk.format("GET", "/fhir/Patient/b" .. math.random(0, ${resources - 1})) end` });
  row("FHIR read by id, 64 connections", `${Math.round(r.rate)}/s`, "8000/s", describe(r));
}

const small = JSON.stringify({ resourceType: "Patient", identifier: [{ system: "https://heed.example/fhir/bench", value: "c@N@" }],
  name: [{ family: "Create@N@", given: ["Sam"] }], gender: "female", birthDate: "2015-03-04" });
const large = JSON.stringify({ resourceType: "Patient", meta: { profile: ["https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient"] },
  text: { status: "generated", div: `<div xmlns="http://www.w3.org/1999/xhtml">${"An invented child, for measuring. ".repeat(12)}</div>` },
  identifier: [{ use: "official", system: "https://heed.example/fhir/bench", value: "@N@" }, { use: "secondary", system: "https://heed.example/fhir/bench-local", value: "L@N@" }],
  active: true, name: [{ use: "official", family: "Large@N@", given: ["Sam", "Alex"], prefix: ["Miss"] }, { use: "nickname", given: ["Sammy"] }],
  telecom: [{ system: "phone", value: "01632 960123", use: "home" }, { system: "email", value: "sam@example.org" }], gender: "female", birthDate: "2015-03-04",
  address: [{ use: "home", line: ["14 Example Road", "Example Estate"], city: "Derby", district: "Derby", postalCode: "DE90 1AA", country: "GBR" }],
  contact: [{ relationship: [{ text: "Mother" }], name: { family: "Large", given: ["Jo"] }, telecom: [{ system: "phone", value: "01632 960124" }] }],
  generalPractitioner: [{ display: "Example Surgery" }], communication: [{ language: { coding: [{ system: "urn:ietf:bcp:47", code: "en-GB" }], text: "English" }, preferred: true }] });

const post = (server, body) => wrk(server, "/fhir/Patient", { connections: 16, lua: `${bearer(server)}
wrk.headers["Content-Type"] = "application/fhir+json"
local n, body = 0, [==[${body}]==]
request = function() n = n + 1; return wrk.format("POST", "/fhir/Patient", nil, (body:gsub("@N@", n))) end` });

// What the disk and SQLite give a program that does nothing else, in the same minute: bench/sqlite_floor.c says what a unit of each is.
function floor(server, shape) {
  const out = spawnSync(join(build, "bench/sqlite_floor"), [server.data, "16", "3", shape], { encoding: "utf8" });
  return Number(out.stdout.match(/rate (\d+)/)?.[1]);
}

function create(server) {
  const r = post(server, small);
  row("create, 16 connections, each after fsync", `${Math.round(r.rate)}/s`, "1500/s", describe(r));
  for (const [shape, words] of [["audit", "2 KB row and audit row, 16 a commit"], ["create", "the rows of this create, 16 a commit"]]) {
    const f = floor(server, shape);
    row(`  beside bare SQLite: ${words}`, `${((100 * r.rate) / f).toFixed(0)} %`, "25 %", `bare ${f}/s`);
  }
  const l = post(server, large);
  row(`  of a Patient of ${(large.length / 1024).toFixed(1)} KB`, `${Math.round(l.rate)}/s`, "-", describe(l));
}

function mllp(server) {
  const [host, port] = server.mllp.split(":"), messages = quick ? 2000 : 10000;
  const before = cpuSeconds(server.child.pid);
  const out = spawnSync(join(build, "bench/mllp_load"), [host, port, "16", String(messages)], { encoding: "utf8" });
  const m = out.stdout.match(/accepted (\d+) .*rate (\d+) p50_ms (\S+) p99_ms (\S+)/);
  if (!m || out.status) throw new Error(`${out.stdout} ${out.stderr}`);
  const each = ((cpuSeconds(server.child.pid) - before) / messages) * 1e6;
  row("MLLP ADT^A04, 16 connections, AA after fsync", `${m[2]}/s`, "800/s", `p50 ${m[3]} ms, p99 ${m[4]} ms, server CPU ${each.toFixed(0)} us each, ${m[1]} accepted`);
}

const api = new Server();
api.quiet = true;
try {
  machine();
  await api.start();
  api.addUser("bench", "system");
  api.makeToken("bench");
  const began = Date.now();
  await load(api, resources);
  row(`load ${resources} resources by transactions of 500`, `${Math.round(resources / ((Date.now() - began) / 1000))}/s`, "-");
  await api.stop();
  await part("start", "under 1000 ms", () => start(api));
  await part("FHIR read by id", "8000/s", () => read(api));
  await part("create", "1500/s", () => create(api));
  await part("MLLP ADT^A04", "800/s", () => mllp(api));
  row("memory of the server after all that", `${residentMb(api.child.pid)} MB`, "under 150 MB", `at most ${residentMb(api.child.pid, "VmHWM")} MB`);
  await api.stop();
} finally {
  await api.stop("SIGKILL");
  api.remove();
}

// ---- the person page: the demo's fullest story, made up to 40 resources, signed in, a reason given ----

const form = (fields) => new URLSearchParams(fields).toString();
const cookies = (r) => (r.headers["set-cookie"] ?? []).map((c) => c.split(";")[0]).join("; ");
const csrf = (r) => r.text.match(/name="csrf" value="([^"]*)"/)?.[1] ?? "";

async function signIn(server, name, password) {
  const page = await server.request("GET", "/sign-in", undefined, { authorization: undefined });
  const r = await server.request("POST", "/sign-in", form({ csrf: csrf(page), next: "/", name, password }),
    { authorization: undefined, cookie: cookies(page), "content-type": "application/x-www-form-urlencoded" });
  if (!cookies(r)) throw new Error(`sign-in ${r.status}`);
  return { authorization: undefined, cookie: cookies(r) };
}

async function open(server, path, session) {
  const r = await server.request("GET", path, undefined, session);
  if (r.status !== 303) return r;
  const why = await server.request("GET", r.headers.location, undefined, session);
  await server.request("POST", `${path}/reason`, form({ csrf: csrf(why), next: path, code: "here-now", words: "In the department" }),
    { ...session, "content-type": "application/x-www-form-urlencoded" });
  return server.request("GET", path, undefined, session);
}

const about = ["CarePlan", "CareTeam", "Communication", "Encounter", "Flag", "Observation", "QuestionnaireResponse", "RelatedPerson", "ServiceRequest", "Task"];
async function countAbout(server, id) {
  let n = 0;
  for (const type of about) {
    const r = await server.get(`/fhir/${type}?patient=${id}&_count=1&_total=accurate`);
    n += r.body?.total ?? 0;
  }
  return n;
}

async function makeUpTo(server, id, wanted) {
  let n = await countAbout(server, id);
  for (; n < wanted; n++) {
    const day = `2025-${String(1 + (n % 12)).padStart(2, "0")}-11T09:00:00Z`;
    const r = await server.request("POST", "/fhir/Encounter", { resourceType: "Encounter", status: "finished",
      class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "AMB" }, type: [{ text: "Clinic visit" }],
      subject: { reference: `Patient/${id}` }, period: { start: day, end: day }, reasonCode: [{ text: "Hearing review" }] });
    if (r.status !== 201) throw new Error(`entry: ${r.status} ${r.text.slice(0, 200)}`);
  }
  return countAbout(server, id);
}

async function personPage(demo) {
  const said = (pattern) => demo.said.map((l) => l.match(pattern)).find(Boolean);
  const signed = said(/^sign-in name=(\S+) password=(\S+)/), path = said(/^person (\S+)/)[1];
  demo.addUser("bench", "system");
  demo.makeToken("bench");
  const n = await makeUpTo(demo, path.split("/").pop(), 40);
  const session = await signIn(demo, signed[1], signed[2]);
  const page = await open(demo, path, session);
  if (page.status !== 200) throw new Error(`${path} answers ${page.status}`);
  const cookie = `wrk.headers["Cookie"] = "${session.cookie}"`;
  const size = `${n} resources, ${(page.text.length / 1024).toFixed(0)} kB`;
  const steady = wrk(demo, path, { connections: 50, lua: `${cookie}\nfunction delay() return 220 end` });
  row("Person page, 50 connections, some 200/s asked for", `${Math.round(steady.rate)}/s`, "p95 under 100 ms", `${describe(steady)}; ${size}`);
  const full = wrk(demo, path, { connections: 50, lua: cookie });
  row("Person page, 50 connections, as fast as they go", `${Math.round(full.rate)}/s`, "200/s", `${describe(full)}; ${size}`);
}

const demo = new Server(["--people", "2000"]);
demo.quiet = true;
try {
  await demo.start("demo");
  await part("Person page", "200/s, p95 100 ms", () => personPage(demo));
} finally {
  await demo.stop("SIGKILL");
  demo.remove();
}

// ---- the engines by themselves ----

const scratch = mkdtempSync(join(tmpdir(), "heed-bench-"));
const engines = [
  ["bench_pathway", "a year of Derby, 98,000 events, replayed through the pathways (target: under 10 s)", []],
  ["bench_json", "JSON beside cJSON (target: 3 times)", []],
  ["bench_fhirpath", "FHIRPath", quick ? ["0.05"] : []],
  ["bench_fhir", "validation", [join(scratch, "patient.json")]],
  ["bench_store", "store alone, no HTTP", [join(scratch, "store"), String(resources)]],
];
writeFileSync(join(scratch, "patient.json"), large);
for (const [name, what, args] of engines) {
  const exe = join(build, "bench", name);
  console.log(`\n${what}:`);
  if (!existsSync(exe)) {
    console.log(`${name} is not built`);
    process.exitCode = 1;
    continue;
  }
  const run = spawnSync(exe, args, { encoding: "utf8", cwd: top });
  process.stdout.write(run.stdout + (run.status ? `${run.stderr}\nexit ${run.status}\n` : ""));
  if (run.status) process.exitCode = 1;
}
rmSync(scratch, { recursive: true });
machine();
