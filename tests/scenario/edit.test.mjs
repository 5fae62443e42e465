// requirements.md section 14 number 22, two people at the same thing, and 23, entered in error.
import test, { before, after } from "node:test";
import assert from "node:assert/strict";
import { Department, BASE } from "../lib/department.mjs";
import { nhsNumber } from "../lib/server.mjs";

let d;
let next = 12000;
before(async () => { d = await Department.open("2026-12-18T09:00:00Z"); });
after(() => d.close());

test("22. by the web: the second to record an outcome sees both, and nothing is lost", async () => {
  const person = await d.patient(nhsNumber(next++));
  await d.attend(person);
  const task = await d.create({ resourceType: "Task", status: "requested", intent: "order", for: { reference: `Patient/${person.id}` }, authoredOn: d.now,
    code: { coding: [{ system: `${BASE}/CodeSystem/task-code`, code: "liaison-feedback" }], text: "Read the feedback" }, owner: { reference: "Organization/childrens-ed" } });
  const [priya, carol] = [d.browser("priya.shah"), d.browser("carol.lim")];
  const pages = [await priya.get(`/t/${task.id}`), await carol.get(`/t/${task.id}`)];
  const taken = await pages[0].form(`/t/${task.id}/give`).set({ to: "Practitioner/r.adeyemi" }).press();
  assert.equal(taken.status, 200, taken.words);
  const mine = "Told the mother at the desk, in Polish, with the leaflet.";
  const second = await pages[1].form(`/t/${task.id}/done`).set({ outcome: "done", words: mine }).press();
  assert.equal(second.status, 409, second.words);
  assert.ok(second.words.includes(mine), "what the second typed is still there");
  assert.match(second.words, /Given to Dr Ronke Adeyemi/, "and what the first did");
  assert.equal((await d.read(`Task/${task.id}`)).status, "requested", "nothing was written over");

  const again = await carol.get(`/t/${task.id}`);
  await again.form(`/t/${task.id}/done`).set({ outcome: "done", words: mine }).press();
  const merged = await d.read(`Task/${task.id}`);
  assert.equal(merged.status, "completed");
  assert.deepEqual(merged.note.map((n) => n.text), ["Given to Dr Ronke Adeyemi", mine], "both, in order");
});

test("22. through the API: a stale version is refused, and the first change is still there", async () => {
  const person = await d.patient(nhsNumber(next++));
  await d.attend(person);
  const task = await d.task(person, "sharing-notice");
  const version = { "if-match": `W/"${task.meta.versionId}"` };
  await d.put({ ...task, note: [{ text: "first" }] }, version);
  const second = await d.request("PUT", `/fhir/Task/${task.id}`, { ...task, note: [{ text: "second" }] }, version);
  assert.equal(second.status, 412);
  assert.equal(second.body.resourceType, "OperationOutcome");
  assert.equal((await d.read(`Task/${task.id}`)).note[0].text, "first");
});

test("22. nothing typed is lost when the right to write ends, or the session does, while somebody types", async () => {
  const person = await d.patient(nhsNumber(next++));
  const encounter = await d.attend(person);
  const carol = d.browser("carol.lim"), words = "Came with an aunt who would not say where the parents are.";
  const note = { "what": words };
  const form = (await carol.get(`/p/${person.id}/form/concern-note`)).form(`/p/${person.id}/form/`).set(note);
  for (const t of await d.tasks(person)) await d.put({ ...t, status: "cancelled" });
  await d.finish(encounter);
  for (const t of await d.tasks(person)) if (t.status === "requested") await d.put({ ...t, status: "cancelled" });
  const refused = await form.press();
  assert.equal(refused.status, 403, refused.words);
  assert.ok(refused.words.includes(words));
  assert.match(refused.link("Say why you open this record"), /^\/p\/.*\/reason\?next=.*concern-note/);
  await d.turn("2026-12-18T09:20:00Z");
  const late = await form.press();
  assert.equal(late.status, 401);
  assert.ok(late.words.includes(words));
});

test("22. the same form sent twice from one page files once", async () => {
  const person = await d.patient(nhsNumber(next++));
  await d.attend(person);
  const priya = d.browser("priya.shah");
  const form = (await priya.get(`/p/${person.id}/form/referral-phone`)).form(`/p/${person.id}/form/`)
    .set({ "spoke-to": "Tom Ellis", concern: "Found outside alone, twice.", advice: "Write it up." });
  await Promise.all([form.press(), form.press(), form.press()]);
  const calls = (await d.find("ServiceRequest", `patient=Patient/${person.id}`));
  assert.equal(calls.length, 1);
  assert.equal((await d.tasks(person, "write-referral")).length, 1);
});

test("23. entered in error: the text is kept and marked, and what followed from it is taken back", async () => {
  const person = await d.patient(nhsNumber(next++), { born: "2010-01-01" });
  const entry = await d.create({ resourceType: "Communication", status: "completed", subject: { reference: `Patient/${person.id}` }, sent: d.now,
    category: [{ coding: [{ system: `${BASE}/CodeSystem/communication-category`, code: "contact-family" }] }], payload: [{ contentString: "Rang the mother of somebody else" }],
    extension: [{ url: `${BASE}/StructureDefinition/chronology`, extension: [{ url: "title", valueString: "Rang the mother" }, { url: "lane", valueCode: "concern" }] }] });
  const call = await d.create({ resourceType: "ServiceRequest", status: "active", intent: "order", subject: { reference: `Patient/${person.id}` }, authoredOn: d.now,
    code: { coding: [{ system: `${BASE}/CodeSystem/service-request-code`, code: "csc-referral" }] }, requester: { reference: "Practitioner/priya.shah" },
    extension: [{ url: `${BASE}/StructureDefinition/mode`, valueCode: "verbal" }] });
  assert.equal((await d.task(person, "write-referral")).status, "requested");

  await d.put({ ...call, status: "entered-in-error" });
  assert.notEqual((await d.task(person, "write-referral")).status, "requested", "nobody is asked to write up what was never said");
  await d.turn("2026-12-20T09:00:01Z");
  assert.equal((await d.tasks(person, "referral-unwritten")).length, 0, "and it does not count as late");

  await d.put({ ...entry, status: "entered-in-error" });
  assert.equal((await d.read(`Communication/${entry.id}/_history/1`)).payload[0].contentString, "Rang the mother of somebody else", "the text is kept");
  const page = await d.browser("priya.shah").get(`/p/${person.id}`);
  assert.match(page.words, /Entered in error: Rang the mother/, "and marked where it stands");
  assert.match((await d.browser("priya.shah").get(`/p/${person.id}?show=concerns`)).words, /Showing 0 of/, "it is no concern now");
});

test("23. by the API: a flag whose source was an error is marked so", async () => {
  const person = await d.patient(nhsNumber(next++), { born: "2010-01-01" });
  const plan = await d.create({ resourceType: "CarePlan", status: "active", intent: "plan", subject: { reference: `Patient/${person.id}` }, period: { start: "2026-12-01" },
    category: [{ coding: [{ system: `${BASE}/CodeSystem/care-plan-category`, code: "child-protection-plan" }] }] });
  assert.equal((await d.flags(person)).length, 1);
  await d.put({ ...plan, status: "entered-in-error" });
  assert.equal((await d.flags(person)).length, 0);
  assert.equal((await d.flags(person, "entered-in-error")).length, 1, "kept, and marked");
});
