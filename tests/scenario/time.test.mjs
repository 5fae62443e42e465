// requirements.md section 14 number 19: 48 hours is 48 elapsed hours over both changes of the clock, and is shown in local time; section 7.
import test from "node:test";
import assert from "node:assert/strict";
import { Department, BASE, dueOf, instant } from "../lib/department.mjs";
import { nhsNumber } from "../lib/server.mjs";

let next = 11000;
const phoned = (d, person) => d.create({ resourceType: "ServiceRequest", status: "active", intent: "order", subject: { reference: `Patient/${person.id}` }, authoredOn: d.now,
  code: { coding: [{ system: `${BASE}/CodeSystem/service-request-code`, code: "csc-referral" }] }, requester: { reference: "Practitioner/priya.shah" },
  extension: [{ url: `${BASE}/StructureDefinition/mode`, valueCode: "verbal" }] });

const changes = [
  { title: "25 October 2026, an hour twice", start: "2026-10-24T09:00:00Z", due: "2026-10-26T09:00:00Z", local: "2026-10-26T09:00:00+00:00", words: "Mon 26 Oct 2026 09:00", from: "Sat 24 Oct 2026 10:00" },
  { title: "28 March 2027, an hour lost", start: "2027-03-27T09:00:00Z", due: "2027-03-29T09:00:00Z", local: "2027-03-29T10:00:00+01:00", words: "Mon 29 Mar 2027 10:00", from: "Sat 27 Mar 2027 09:00" },
];
for (const c of changes)
  test(`19. F3.2 over ${c.title}`, async (t) => {
    const d = await Department.open(c.start);
    t.after(() => d.close());
    const person = await d.patient(nhsNumber(next++));
    await phoned(d, person);
    const task = await d.task(person, "write-referral");
    assert.equal(instant(dueOf(task)), c.due);
    assert.equal(dueOf(task), c.local, "as the clock on the wall will say");
    const why = await d.browser("priya.shah").get(`/why/Task/${task.id}`);
    assert.ok(why.words.includes(`${c.from} + 48 hours = ${c.words}`), why.words);
    await d.turn(new Date(Date.parse(c.due) - 1000).toISOString());
    assert.equal((await d.tasks(person, "referral-unwritten")).length, 0);
    await d.turn(new Date(Date.parse(c.due) + 1000).toISOString());
    assert.equal((await d.tasks(person, "referral-unwritten")).length, 2);
    await assert.rejects(d.setClock(c.start), /forward/, "the clock is never turned back");
  });

test("24. a working day over Easter, from a Saturday and from after hours", async (t) => {
  const d = await Department.open("2027-03-24T12:00:00Z"); // Wednesday
  t.after(() => d.close());
  const sent = async (name) => {
    const person = await d.patient(nhsNumber(next++), { given: name });
    const text = (linkId, valueString) => ({ linkId, answer: [{ valueString }] });
    const code = (linkId, system, value) => ({ linkId, answer: [{ valueCoding: { system: `${BASE}/CodeSystem/${system}`, code: value } }] });
    await d.create(d.response("multi-agency-referral", person, [
      { linkId: "consent-part", item: [code("consent", "consent-status", "given"), code("family-told", "prompt-answer", "yes")] },
      { linkId: "worry-part", item: [text("concern", "Left alone at night, twice this week."), text("risk-analysis", "They will be left again; fire and injury are likely, and soon."),
        code("safe-now", "prompt-answer", "yes"), text("known", "Two siblings."), text("not-known", "Father's address."), text("strengths", "School attends to them.")] },
      { linkId: "ask-part", item: [code("threshold", "threshold-view", "child-in-need"), text("threshold-reason", "Neglect, getting worse."), text("ask", "Assess this family now."), text("reply-to", "P Shah")] },
    ]));
    return instant(dueOf(await d.task(person, "await-decision")));
  };
  assert.equal(await sent("Wed"), "2027-03-25T23:59:59Z");
  await d.turn("2027-03-25T17:30:00Z"); // Thursday, after hours: as received when the office next opens, Tuesday 30 March, in summer time
  assert.equal(await sent("Thu"), "2027-03-31T22:59:59Z");
  await d.turn("2027-03-27T10:00:00Z"); // Saturday
  assert.equal(await sent("Sat"), "2027-03-31T22:59:59Z");
});
