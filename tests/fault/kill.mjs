// kill -9 under mixed load (reliability.md A1): nothing acknowledged is missing, no half transaction, the ledger's chain holds.
//   node tests/fault/kill.mjs [KILLS]     (200 unless told)
// Prints "# pass N" and "# fail N".
import { Server, Mllp, adt } from "../lib/server.mjs";

const kills = Number(process.argv[2] ?? 200);
const server = new Server();
server.quiet = true; // it dies here on purpose
let failures = [];
let acked = { create: 0, update: 0, transaction: 0, message: 0 };
let counter = 0;

const marker = (n) => ({ system: "https://heed.example/fhir/test", value: `k${n}` });
const patient = (n, extra = {}) => ({ resourceType: "Patient", identifier: [marker(n)], name: [{ family: "Killtest", given: [`N${n}`] }], ...extra });

async function creator(ledger, alive) {
  while (alive.now) {
    const n = counter++;
    const r = await server.request("POST", "/fhir/Patient", patient(n));
    if (r.status === 201) { ledger.push({ kind: "create", id: r.body.id, n }); acked.create++; }
  }
}

async function updater(ledger, alive) {
  const n = counter++;
  const first = await server.request("POST", "/fhir/Patient", patient(n));
  if (first.status !== 201) return;
  const entry = { kind: "update", id: first.body.id, n, version: 1 };
  ledger.push(entry);
  for (let v = 2; alive.now; v++) {
    const r = await server.request("PUT", `/fhir/Patient/${entry.id}`, patient(n, { id: entry.id, multipleBirthInteger: v }));
    if (r.status === 200) { entry.version = v; acked.update++; }
  }
}

async function transactor(ledger, alive) {
  while (alive.now) {
    const n = counter++;
    const tag = { identifier: [{ system: "https://heed.example/fhir/test-tx", value: `t${n}` }] };
    const entry = { kind: "transaction", n, acked: false };
    ledger.push(entry);
    const bundle = { resourceType: "Bundle", type: "transaction", entry: [0, 1].map((i) => ({
      resource: { ...patient(`${n}-${i}`), ...tag }, request: { method: "POST", url: "Patient" } })) };
    const r = await server.request("POST", "/fhir", bundle);
    if (r.status === 200) { entry.acked = true; acked.transaction++; }
  }
}

async function sender(ledger, alive) {
  const line = new Mllp(server.mllp);
  try {
    while (alive.now) {
      const n = counter++;
      const control = `KILL${n}`;
      const answer = await line.send(adt("A04", control, { family: `KILL${n}`, visit: `V${n}` }));
      if (/\rMSA\|AA\|/.test(answer)) { ledger.push({ kind: "message", visit: `V${n}` }); acked.message++; }
    }
  } finally { line.close(); }
}

async function check(ledger) {
  for (const e of ledger) {
    if (e.kind === "create" || e.kind === "update") {
      const r = await server.get(`/fhir/Patient/${e.id}`);
      if (r.status !== 200) failures.push(`${e.kind} ${e.id} acknowledged, now ${r.status}`);
      else if (e.kind === "update" && Number(r.body.meta.versionId) < e.version) failures.push(`update ${e.id} version ${e.version} acknowledged, now ${r.body.meta.versionId}`);
    } else if (e.kind === "transaction") {
      const r = await server.get(`/fhir/Patient?identifier=https://heed.example/fhir/test-tx|t${e.n}`);
      const found = r.body?.entry?.length ?? 0;
      if (found !== 2 && (e.acked || found !== 0)) failures.push(`transaction t${e.n}: ${found} of 2, acknowledged ${e.acked}`);
    } else {
      const r = await server.get(`/fhir/Encounter?identifier=${e.visit}`);
      if ((r.body?.entry?.length ?? 0) !== 1) failures.push(`message for visit ${e.visit} acknowledged, ${r.body?.entry?.length ?? r.status} encounters`);
    }
  }
}

const dies = (p) => p.catch(() => {});
try {
  await server.start();
  server.addUser("killer", "system");
  server.makeToken("killer");
  for (let k = 0; k < kills; k++) {
    const alive = { now: true }, ledger = [];
    const load = [...Array(6)].map(() => dies(creator(ledger, alive)))
      .concat([...Array(3)].map(() => dies(updater(ledger, alive))), [...Array(3)].map(() => dies(transactor(ledger, alive))), [...Array(4)].map(() => dies(sender(ledger, alive))));
    await new Promise((r) => setTimeout(r, 80 + Math.floor((k * 7919) % 170)));
    await server.stop("SIGKILL");
    alive.now = false;
    await Promise.all(load);
    await server.start();
    await check(ledger);
  }
  await server.stop();
  server.command("verify", "--data", server.data);
} catch (e) {
  failures.push(`the run stopped: ${e.message}`);
} finally {
  await server.stop("SIGKILL");
  server.remove();
}
failures.slice(0, 20).forEach((f) => console.log(`not ok - ${f}`));
const total = acked.create + acked.update + acked.transaction + acked.message;
console.log(`${failures.length ? "not ok" : "ok"} - ${kills} kills, ${total} acknowledged writes (${JSON.stringify(acked)}), ${failures.length} failures`);
console.log(`# pass ${failures.length || !total ? 0 : 1}\n# fail ${failures.length || !total ? 1 : 0}`);
process.exit(failures.length || !total ? 1 : 0);
