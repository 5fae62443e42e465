// The figures of the README: the server under load on this machine, durable, with the ledger on; load and server share the cores.
//   script/bench [--quick]
// Every rate is printed with the server's CPU time an operation, and beside what it is compared with in the same run.
import { spawnSync, execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, top } from "../tests/lib/server.mjs";

const quick = process.argv.includes("--quick");
const build = join(top, process.env.HEED_BENCH_BUILD ?? "build");
const seconds = quick ? 3 : 10, resources = quick ? 10000 : 100000;
const results = [];
const row = (what, value, target, note = "") => { results.push({ what, value, target, note }); console.log(`${what.padEnd(52)} ${String(value).padEnd(16)} target ${target.padEnd(18)} ${note}`); };

const ticks = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
const cpuSeconds = (pid) => { const f = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" "); return (Number(f[11]) + Number(f[12])) / ticks; };
const residentMb = (pid) => Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)[1]) / 1024;

function wrk(server, path, { connections = 64, lua, duration = seconds } = {}) {
  const script = join(mkdtempSync(join(tmpdir(), "heed-bench-")), "s.lua");
  writeFileSync(script, `${lua}
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %.3f %.3f %.3f %d\\n", summary.requests, summary.duration, latency:percentile(50)/1000,
    latency:percentile(95)/1000, latency:percentile(99)/1000, summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout))
end\n`);
  const before = cpuSeconds(server.child.pid);
  const out = spawnSync("wrk", ["-t1", `-c${connections}`, `-d${duration}`, "-s", script, server.url + path], { encoding: "utf8" });
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

const server = new Server();
try {
  process.env.HEED_BINARY = join(build, "heed");
  await server.start();
  server.addUser("bench", "system");
  server.makeToken("bench");
  const auth = `wrk.headers["Authorization"] = "Bearer ${server.token}"`;
  const t0 = Date.now();
  await load(server, resources);
  row(`load ${resources} resources by transactions of 500`, `${Math.round(resources / ((Date.now() - t0) / 1000))}/s`, "-");

  await server.stop();
  const t1 = Date.now();
  await server.start();
  row(`start on ${resources} resources`, `${Date.now() - t1} ms`, "under 1000 ms");

  const read = wrk(server, "/fhir/Patient/b1", { lua: `${auth}\nmath.randomseed(1)\nrequest = function() return wrk.format("GET", "/fhir/Patient/b" .. math.random(0, ${resources - 1})) end` });
  row("FHIR read by id, 64 connections", `${Math.round(read.rate)}/s`, "8000/s", describe(read));

  const create = wrk(server, "/fhir/Patient", { connections: 16, lua: `${auth}\nwrk.headers["Content-Type"] = "application/fhir+json"\nlocal n = 0
request = function() n = n + 1; return wrk.format("POST", "/fhir/Patient", nil, '{"resourceType":"Patient","identifier":[{"system":"https://heed.example/fhir/bench","value":"c' .. n .. '"}],"name":[{"family":"Create' .. n .. '","given":["Sam"]}],"gender":"female","birthDate":"2015-03-04"}') end` });
  const floor = existsSync(join(build, "bench/sqlite_floor")) ? Number(spawnSync(join(build, "bench/sqlite_floor"), [server.data, "16", "3"], { encoding: "utf8" }).stdout.match(/rate (\d+)/)?.[1]) : NaN;
  row("create, 16 connections, each after fsync", `${Math.round(create.rate)}/s`, "1500/s", describe(create));
  row("  beside bare SQLite, 16 rows a commit", `${((100 * create.rate) / floor).toFixed(0)} %`, "25 %", `floor ${floor} rows/s`);

  const [host, port] = server.mllp.split(":");
  const before = cpuSeconds(server.child.pid), messages = quick ? 2000 : 10000;
  const mllp = spawnSync(join(build, "bench/mllp_load"), [host, port, "16", String(messages)], { encoding: "utf8" });
  const mr = mllp.stdout.match(/rate (\d+) p50_ms (\S+) p99_ms (\S+)/);
  row("MLLP ADT^A04, 16 connections, AA after fsync", mr ? `${mr[1]}/s` : "failed", "800/s", mr ? `p50 ${mr[2]} ms, p99 ${mr[3]} ms, server CPU ${(((cpuSeconds(server.child.pid) - before) / messages) * 1e6).toFixed(0)} us each` : mllp.stderr);
  row("memory of the server after all that", `${residentMb(server.child.pid).toFixed(0)} MB`, "under 150 MB");
  await server.stop();
} finally {
  await server.stop("SIGKILL");
  server.remove();
}

// The person page, on the demo's fullest record, signed in.
const demo = new Server(["--people", "2000"]);
try {
  await demo.start("demo");
  const signIn = demo.said.map((l) => l.match(/^sign-in name=(\S+) password=(\S+)/)).find(Boolean);
  const page = demo.said.map((l) => l.match(/^person (\S+)/)).find(Boolean);
  const form = await demo.request("GET", "/sign-in");
  const csrf = form.text.match(/name="csrf" value="([^"]*)"/)?.[1] ?? "";
  const hidden = [...form.text.matchAll(/<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)].map((m) => `${m[1]}=${encodeURIComponent(m[2])}`).join("&");
  const signed = await demo.request("POST", "/sign-in", `${hidden || `csrf=${csrf}`}&name=${signIn[1]}&password=${signIn[2]}`, { "content-type": "application/x-www-form-urlencoded", cookie: (form.headers["set-cookie"] ?? []).map((c) => c.split(";")[0]).join("; ") });
  const cookie = (signed.headers["set-cookie"] ?? []).map((c) => c.split(";")[0]).join("; ");
  const one = await demo.request("GET", page[1], undefined, { cookie });
  const r = wrk(demo, page[1], { connections: 50, lua: `wrk.headers["Cookie"] = "${cookie}"` });
  row("Person page, 50 sessions", `${Math.round(r.rate)}/s`, "200/s, p95 100 ms", `${describe(r)}; ${(one.text.length / 1024).toFixed(0)} kB, status ${one.status}`);
} catch (e) {
  row("Person page, 50 sessions", "failed", "200/s", e.message);
} finally {
  await demo.stop("SIGKILL");
  demo.remove();
}

for (const [name, what] of [["bench_pathway", "a year of Derby replayed"], ["bench_json", "JSON beside cJSON"], ["bench_fhirpath", "FHIRPath"], ["bench_fhir", "validation"], ["bench_store", "store"]]) {
  const exe = join(build, "bench", name);
  if (!existsSync(exe)) { console.log(`\n${what}: ${name} is not built`); continue; }
  console.log(`\n${what}:`);
  const run = spawnSync(exe, quick ? ["--quick"] : [], { encoding: "utf8", cwd: top });
  process.stdout.write(run.stdout + (run.status ? `${run.stderr}\nexit ${run.status}\n` : ""));
}
