// A system that stops sending is noticed: "no attendance message for 2 hours". Silence is an event; nothing has to happen for it.
import test, { before, after } from "node:test";
import assert from "node:assert/strict";
import { Department, ownerOf, roleOf } from "../lib/department.mjs";
import { nhsNumber } from "../lib/server.mjs";

let d;
let next = 10000;
before(async () => { d = await Department.open("2026-12-18T09:00:00Z"); });
after(() => d.close());

const speak = async () => {
  const { code, answer } = await d.send("A04", { nhs: nhsNumber(next++), when: d.now.replace(/[-:TZ]/g, "") });
  assert.equal(code, "AA", answer);
};
const silent = async () => (await d.find("Task", "code=feed-silent&status=requested")).map((t) => [roleOf(t), ownerOf(t)]).sort();

test("two hours without a message: who looks after the feed hears, by name, then those who rely on it", async () => {
  await speak();
  await d.turn("2026-12-18T10:59:00Z");
  assert.deepEqual(await silent(), []);
  await d.turn("2026-12-18T11:00:01Z");
  assert.deepEqual(await silent(), [["integration-officer", "Practitioner/ivan.petrov"]]);
  await d.turn("2026-12-18T13:00:01Z");
  assert.deepEqual(await silent(), [["ed-nurse-in-charge", "Practitioner/carol.lim"], ["integration-officer", "Practitioner/ivan.petrov"]]);
});

test("the screens say that silence is not an empty department", async () => {
  const today = await d.browser("carol.lim").get("/");
  assert.match(today.words, /has sent nothing for two hours/);
  assert.match(today.words, /silence here is not an empty department/);
  const feeds = await d.browser("ivan.petrov").get("/feeds");
  assert.match(feeds.words, /Emergency department system/);
  assert.match(feeds.words, /Quiet: ring them/);
  const [task] = (await d.find("Task", "code=feed-silent&status=requested")).filter((t) => roleOf(t) === "integration-officer");
  const why = await d.browser("ivan.petrov").get(`/why/Task/${task.id}`);
  assert.match(why.words, /gone silent/i, "the rule");
  assert.match(why.words, /18 Dec 2026 09:00 \+ 2 hours = Fri 18 Dec 2026 11:00/, "the dates");
});

test("a message ends it, and the watch goes on", async () => {
  await speak();
  assert.deepEqual(await silent(), [], "nobody is asked to ring a system that speaks");
  await d.turn("2026-12-18T14:30:00Z");
  await speak();
  await d.turn("2026-12-18T15:30:00Z");
  assert.deepEqual(await silent(), []);
  await d.turn("2026-12-18T16:30:01Z");
  assert.deepEqual(await silent(), [["integration-officer", "Practitioner/ivan.petrov"]]);
});

test("the server may be away while it is silent: the clock is kept", async () => {
  await speak();
  d.line.close();
  d.line = null;
  await d.stop();
  await d.start("serve", ["--clock", "2026-12-18T20:00:00Z"]);
  d.now = "2026-12-18T20:00:00Z";
  d.makeToken("integration");
  await d.turn("2026-12-18T20:00:01Z");
  assert.deepEqual(await silent(), [["integration-officer", "Practitioner/ivan.petrov"]]);
});

test("work that nobody takes goes to the manager of whose it is", async () => {
  const person = await d.patient(nhsNumber(next++), { born: "2016-01-01" });
  await d.turn("2026-12-21T09:00:00Z");
  const task = await d.create({ resourceType: "Task", status: "requested", intent: "order", for: { reference: `Patient/${person.id}` }, authoredOn: d.now,
    code: { coding: [{ system: "https://heed.example/fhir/CodeSystem/task-code", code: "hv-sn-form" }], text: "Send the form" },
    performerType: [{ coding: [{ system: "https://heed.example/fhir/CodeSystem/role", code: "paediatric-liaison" }] }], owner: { reference: "Organization/paediatric-liaison" } });
  await d.turn("2026-12-21T10:59:00Z");
  assert.equal((await d.tasks(person, "queue-unowned")).length, 0);
  await d.turn("2026-12-21T11:00:01Z");
  const [up] = await d.tasks(person, "queue-unowned");
  assert.equal(ownerOf(up), "Practitioner/anna.quist");
  const june = d.browser("june.hartley");
  const page = await june.get(`/t/${task.id}`);
  await page.form(`/t/${task.id}/take`).press();
  assert.equal(ownerOf(await d.read(`Task/${task.id}`)), "Practitioner/june.hartley");
  assert.equal((await d.read(`Task/${up.id}`)).status, "completed");
});
