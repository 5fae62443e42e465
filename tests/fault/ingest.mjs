// Exactly once (reliability.md C1): eight senders; messages sent again, lines cut before the answer, in the middle of a message and
// after it, the server killed while they send. Each sender does what a real one does: no answer, send again.
//   node tests/fault/ingest.mjs [messages a sender] [kills]
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, Mllp, adt, top } from "../lib/server.mjs";

const each = Number(process.argv[2] ?? 250), kills = Number(process.argv[3] ?? 6), senders = 8;
const pack = mkdtempSync(join(tmpdir(), "heed-senders-"));
writeFileSync(join(pack, "senders.yaml"), [...Array(senders)].map((_, i) => [
  "resourceType: Device", `id: feed-${i}`, "status: active",
  "identifier:", `  - {system: https://heed.example/fhir/sid/hl7-sender, value: "FEED${i}|RXX01"}`, ""].join("\n")).join("---\n"));
const server = new Server(["--pack", join(top, "pack/england"), "--pack", join(top, "pack/derby"), "--pack", pack]);

const failures = [], counts = { acked: 0, again: 0, cutBefore: 0, cutInside: 0, kills: 0 };
let seed = 20261218;
const chance = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

const control = (s, n) => `C${n}`; // the same for all senders: it is the sender that makes it one
const visit = (s, n) => `I${s}V${n}`;
const message = (s, n) => adt("A04", control(s, n), { family: `INGEST${s}`, given: `N${n}`, visit: visit(s, n), born: `2015${String(1 + (n % 12)).padStart(2, "0")}${String(1 + (s % 28)).padStart(2, "0")}` })
  .replace("EDSYS|RXX01", `FEED${s}|RXX01`);

async function line() {
  for (;;) {
    const l = new Mllp(server.mllp);
    const up = await new Promise((r) => { l.socket.once("connect", () => r(true)); l.socket.once("error", () => r(false)); l.socket.once("close", () => r(false)); });
    if (up) return l;
    await sleep(50);
  }
}

// Until it is answered, whatever happens on the way.
async function deliver(state, s, n) {
  const text = message(s, n);
  for (;;) {
    state.line ??= await line();
    const fate = chance();
    try {
      if (fate < 0.03) {
        counts.cutInside++;
        state.line.socket.write(`\x0b${text.slice(0, 100)}`);
        throw new Error("cut inside");
      }
      if (fate < 0.06) {
        counts.cutBefore++;
        state.line.socket.write(`\x0b${text}\x1c\r`);
        await sleep(chance() * 20);
        throw new Error("cut before the answer");
      }
      const answer = await state.line.send(text);
      if (!answer.includes(`\rMSA|AA|${control(s, n)}`)) failures.push(`sender ${s} message ${n} was answered ${answer.split("\r")[1]}`);
      counts.acked++;
      return answer;
    } catch {
      state.line.close();
      state.line = null;
    }
  }
}

async function sender(s) {
  const state = { line: null };
  for (let n = 0; n < each; n++) {
    const first = await deliver(state, s, n);
    if (chance() < 0.05) {
      counts.again++;
      counts.acked--;
      if ((await deliver(state, s, n)) !== first) failures.push(`sender ${s} message ${n}: another answer the second time`);
    }
  }
  const other = message(s, 0).replace("Derby", "Elsewhere");
  const answer = await (state.line ??= await line()).send(other);
  if (!answer.includes(`\rMSA|AE|${control(s, 0)}`)) failures.push(`sender ${s}: the same control id with other content was answered ${answer.split("\r")[1]}`);
  state.line.close();
}

async function killer(done) {
  for (; counts.kills < kills && !done.now; counts.kills++) {
    await sleep(1000 + chance() * 1000);
    if (done.now) return;
    await server.stop("SIGKILL");
    await server.start();
  }
}

try {
  await server.start();
  server.addUser("counter", "system");
  const done = { now: false };
  const killing = killer(done);
  await Promise.all([...Array(senders)].map((_, s) => sender(s)));
  done.now = true;
  await killing;
  server.makeToken("counter");
  const total = async (q) => (await server.get(`/fhir/${q}&_summary=count`)).body?.total;
  const expected = senders * each;
  for (const type of ["Encounter", "Provenance"]) {
    const n = await total(`${type}?_lastUpdated=gt2000-01-01`);
    if (n !== expected) failures.push(`${n} ${type}s of ${expected} messages`);
  }
  for (let s = 0; s < senders; s++)
    for (let n = 0; n < each; n += 7) {
      const r = await server.get(`/fhir/Encounter?identifier=${visit(s, n)}`);
      if ((r.body?.entry?.length ?? 0) !== 1) failures.push(`visit ${visit(s, n)}: ${r.body?.entry?.length ?? r.status} encounters`);
    }
  await server.stop();
  server.command("verify", "--data", server.data);
} catch (e) {
  failures.push(`the run stopped: ${e.message}`);
} finally {
  await server.stop("SIGKILL");
  server.remove();
  rmSync(pack, { recursive: true, force: true });
}
failures.slice(0, 20).forEach((f) => console.log(`not ok - ${f}`));
console.log(`${failures.length ? "not ok" : "ok"} - ${senders * each} messages of ${senders} senders, each once (${JSON.stringify(counts)})`);
console.log(`# pass ${failures.length ? 0 : 1}\n# fail ${failures.length ? 1 : 0}`);
process.exit(failures.length ? 1 : 0);
