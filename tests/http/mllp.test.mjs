// HL7 v2 as a hospital's own software sends it: node-hl7-client over MLLP, and what the FHIR API then shows.
import test from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { Client, Message } from "node-hl7-client";

const [host, port] = process.env.HEED_MLLP.split(":");
const authorization = `Bearer ${process.env.HEED_TOKEN}`;
const run = `${process.pid}${Date.now()}`;
let serial = 0;
const fresh = () => `${run}${++serial}`;
// 999, six digits of chance, and the check digit (modulus 11).
function person() {
  for (;;) {
    const nine = `999${String(Math.floor(Math.random() * 1e6)).padStart(6, "0")}`;
    const check = (11 - ([...nine].reduce((sum, d, k) => sum + Number(d) * (10 - k), 0) % 11)) % 11;
    if (check !== 10) return nine + check;
  }
}

async function find(query) {
  const r = await fetch(`${process.env.HEED_URL}/fhir/${query}`, { headers: { authorization } });
  assert.equal(r.status, 200, `${query}: ${r.status}`);
  return (await r.json()).entry?.map((e) => e.resource) ?? [];
}

// One connection, one message at a time; resolves to the answer as node-hl7-client parsed it.
class Line {
  constructor() {
    this.client = new Client({ host });
    this.out = this.client.createConnection({ port: Number(port) }, async (res) => {
      const w = this.waiting;
      this.waiting = null;
      w?.(res.getMessage());
    });
    this.connected = once(this.out, "connect"); // sending before that makes the client open a second socket
  }
  async send(text) {
    await this.connected;
    const answer = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no answer in 10 s")), 10000);
      this.waiting = (m) => { clearTimeout(timer); resolve(m); };
    });
    await this.out.sendMessage(new Message({ text }));
    return answer;
  }
  async close() { await this.out.close(); }
}

function adt(event, control, { nhs, visit, family = "TESTER", given = "Sam", born = "20150304", when = "20261218080000", postcode = "DE90 1AA", sender = "EDSYS|RXX01", pv1 = "", extra = [] }) {
  return [
    `MSH|^~\\&|${sender}|HEED|DERBY|${when}||ADT^${event}|${control}|P|2.4||||||UNICODE UTF-8`,
    `EVN|${event}|${when}`,
    `PID|1||${nhs}^^^NHS^NH~T${nhs}^^^RXX01^PI||${family}^${given}^^^^^L||${born}|2|||14 Example Road^^Derby^^${postcode}^GBR^H||01632960001`,
    ...(visit ? [`PV1|1|E|CED^^^RXX01||||||||||||||||${visit}^^^RXX01^VN${pv1}`] : []),
    ...extra,
  ].join("\r");
}
const code = (m) => m.get("MSA.1").toString();
const about = (m) => m.get("MSA.2").toString();

test("a real client's attendances", async (t) => {
  const line = new Line();
  const nhs = person(), visit = `V${fresh()}`, first = fresh();
  t.after(() => line.close());

  await t.test("an arrival is accepted, with its own control id, and is there", async () => {
    const answer = await line.send(adt("A04", first, { nhs, visit }));
    assert.equal(code(answer), "AA");
    assert.equal(about(answer), first);
    const [encounter] = await find(`Encounter?identifier=${visit}`);
    assert.equal(encounter.class.code, "EMER");
    assert.equal(encounter.status, "arrived");
    const [patient] = await find(`Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|${nhs}`);
    assert.equal(encounter.subject.reference, `Patient/${patient.id}`);
    assert.equal(patient.name[0].family, "TESTER");
    const provenance = await find(`Provenance?target=Encounter/${encounter.id}`);
    assert.match(provenance[0].entity[0].what.reference, /^Binary\//);
  });

  await t.test("sent again it gets the same answer and does nothing", async () => {
    const answer = await line.send(adt("A04", first, { nhs, visit }));
    assert.equal(code(answer), "AA");
    assert.equal((await find(`Encounter?identifier=${visit}`)).length, 1);
    const [patient] = await find(`Patient?identifier=${nhs}`);
    assert.equal(patient.meta.versionId, "1");
  });

  await t.test("the same control id with other content is refused", async () => {
    const answer = await line.send(adt("A04", first, { nhs, visit: `${visit}X` }));
    assert.equal(code(answer), "AE");
    assert.equal((await find(`Encounter?identifier=${visit}X`)).length, 0);
  });

  await t.test("left before being seen", async () => {
    const answer = await line.send(adt("A03", fresh(), { nhs, visit, when: "20261218083000", pv1: "|".repeat(17) + "LBS" }));
    assert.equal(code(answer), "AA");
    const [encounter] = await find(`Encounter?identifier=${visit}`);
    assert.equal(encounter.status, "finished");
    assert.ok(encounter.hospitalization.dischargeDisposition.coding.some((c) => c.code === "left-before-seen"));
  });

  await t.test("an older message does not overwrite a newer address", async () => {
    await line.send(adt("A08", fresh(), { nhs, visit, when: "20261218085000", postcode: "DE92 2BB" }));
    await line.send(adt("A08", fresh(), { nhs, visit, when: "20261218084000", postcode: "DE91 1CC" }));
    const [patient] = await find(`Patient?identifier=${nhs}`);
    assert.equal(patient.address.find((x) => x.use !== "old").postalCode, "DE92 2BB");
    assert.ok(patient.address.some((x) => x.use === "old" && x.postalCode === "DE91 1CC"));
  });
});

test("what cannot be filed is answered, kept and given to somebody", async (t) => {
  const line = new Line();
  t.after(() => line.close());
  const control = fresh();
  const answer = await line.send(adt("A04", control, { nhs: person(), visit: `V${fresh()}`, born: "20150230" }));
  assert.equal(code(answer), "AE");
  assert.match(answer.toString(), /\rERR\|PID\^1\^7\^102/);
  const tasks = await find("Task?code=integration-error&_count=200&_sort=-_lastUpdated");
  const mine = tasks.find((x) => x.description.includes(control));
  assert.match(mine.focus.reference, /^Binary\//);
  assert.equal(mine.performerType[0].coding[0].code, "integration-officer");
});

test("a sender nobody knows is rejected", async (t) => {
  const line = new Line();
  t.after(() => line.close());
  const answer = await line.send(adt("A28", fresh(), { nhs: person(), sender: "STRANGER|XXX" }));
  assert.equal(code(answer), "AR");
});

test("sixteen connections at once, one answer each", async (t) => {
  const lines = Array.from({ length: 16 }, () => new Line());
  t.after(() => Promise.all(lines.map((l) => l.close())));
  const visits = [];
  await Promise.all(lines.map(async (line) => {
    for (let i = 0; i < 10; i++) {
      const control = fresh(), visit = `V${control}`;
      const answer = await line.send(adt("A04", control, { nhs: person(), visit, family: `CROWD${control}` }));
      assert.equal(code(answer), "AA");
      assert.equal(about(answer), control);
      visits.push(visit);
    }
  }));
  for (const visit of [visits[0], visits[80], visits[159]]) assert.equal((await find(`Encounter?identifier=${visit}`)).length, 1);
});
