// requirements.md section 14 number 5, the Friday before Christmas; number 24, received on a Saturday; F3.2 and F3.12 through the web and
// the API; F3.13's ladder to people with names; "why am I seeing this?". 25 and 28 December 2026 and 1 January 2027 are bank holidays.
import test, { before, after } from "node:test";
import assert from "node:assert/strict";
import { Department, BASE, asked, coded, codeOf, dueOf, group, instant, ownerOf, roleOf, text } from "../lib/department.mjs";
import { nhsNumber } from "../lib/server.mjs";

let d, nurse, maya, leo, ada;
let next = 8000;
const phone = { "spoke-to": "Tom Ellis, front door", concern: "Scald with a delay of nine hours; the account changed twice.", advice: "Send it in writing; a worker rings back today." };

before(async () => {
  d = await Department.open("2026-12-18T16:00:00Z");
  nurse = d.browser("priya.shah");
  maya = await d.patient(nhsNumber(next++), { born: "2019-05-06", given: "May" });
  leo = await d.patient(nhsNumber(next++), { born: "2018-05-06", given: "Leo" });
  ada = await d.patient(nhsNumber(next++), { born: "2017-05-06", given: "Ada" });
  await d.turn("2026-12-18T16:30:00Z");
});
after(() => d.close());

const open = async (person, code) => (await d.tasks(person, code)).filter((t) => t.status === "requested");
const referral = async (person) => (await d.find("ServiceRequest", `patient=Patient/${person.id}`)).find((r) => codeOf(r) === "csc-referral");

test("F3.2 Friday 16:30, by the web: three answers save the call; the draft, the copy and the clock are there", async () => {
  const hurried = await nurse.file(maya.id, "referral-phone", { "spoke-to": "Tom Ellis" });
  assert.equal(hurried.status, 422);
  assert.match(hurried.errors().join("; "), /worried about.*What they said/);
  const thread = await nurse.file(maya.id, "referral-phone", phone);
  assert.match(thread.path, /^\/r\//, "the thread of the referral");
  assert.match(thread.words, /20-Dec-2026 16:30/, "when the written copy is due");

  const write = await d.task(maya, "write-referral");
  assert.equal(ownerOf(write), "Practitioner/priya.shah");
  assert.equal(instant(dueOf(write)), "2026-12-20T16:30:00Z", "48 hours by the clock, weekend or not");
  const [draft] = await d.find("QuestionnaireResponse", `patient=Patient/${maya.id}&status=in-progress`);
  assert.equal(draft.questionnaire, `${BASE}/Questionnaire/multi-agency-referral`);
  assert.match(JSON.stringify(draft.item), /delay of nine hours/, "nothing said is typed twice");
  assert.equal((await d.communications(maya, "referral-copy")).length, 1, "the safeguarding team has its copy, once");
});

test("F3.2 through the API: a call recorded by another system has the same draft, copy and clock", async () => {
  const request = await d.create({ resourceType: "ServiceRequest", status: "active", intent: "order", priority: "urgent",
    code: { coding: [{ system: `${BASE}/CodeSystem/service-request-code`, code: "csc-referral" }] }, subject: { reference: `Patient/${leo.id}` },
    requester: { reference: "Practitioner/priya.shah" }, authoredOn: d.now, extension: [{ url: `${BASE}/StructureDefinition/mode`, valueCode: "verbal" }] });
  const write = await d.task(leo, "write-referral");
  assert.equal(instant(dueOf(write)), "2026-12-20T16:30:00Z");
  assert.equal(ownerOf(write), "Practitioner/priya.shah");
  const [draft] = await d.find("QuestionnaireResponse", `patient=Patient/${leo.id}&status=in-progress`);
  assert.equal(draft.basedOn[0].reference, `ServiceRequest/${request.id}`);
  assert.equal((await d.communications(leo, "referral-copy")).length, 1);
  await d.put({ ...request, status: "revoked" });
  assert.equal((await d.task(leo, "write-referral")).status, "cancelled", "advice only: nothing to write");
});

test("5. Sunday 16:30 with no form: the author and the author's manager hear, by name; the safeguarding lead a day later", async () => {
  await d.turn("2026-12-20T16:29:00Z");
  assert.equal((await open(maya, "referral-unwritten")).length, 0);
  await d.turn("2026-12-20T16:30:01Z");
  const told = await open(maya, "referral-unwritten");
  assert.deepEqual(told.map((t) => [roleOf(t), ownerOf(t)]).sort(), [["ed-nurse-in-charge", "Practitioner/carol.lim"], ["referrer", "Practitioner/priya.shah"]]);
  for (const t of told) assert.match(t.description, /First say whether this child is safe today/);
  assert.match((await d.browser("carol.lim").get("/?f=all")).words, /Phone referral not yet in writing/);
  assert.equal((await open(leo, "referral-unwritten")).length, 0, "nor about one that was advice only");
});

test("why am I seeing this: the finding, the rule, its version, and every date", async () => {
  const late = (await open(maya, "referral-unwritten")).find((t) => roleOf(t) === "referrer");
  const why = await nurse.get(`/why/Task/${late.id}`);
  assert.match(why.words, /Confirm the phone referral in writing/, "the rule");
  assert.match(why.words, /3\.2/, "the finding of the report");
  assert.match(why.words, /1\.0\.0-derby/, "its version");
  assert.match(why.words, /Fri 18 Dec 2026 16:30 \+ 48 hours = Sun 20 Dec 2026 16:30/, "when it started, and how its due time came about");

});

const written = { consent: "given", "family-told": "yes", "risk-analysis": "If nothing changes she will be burnt again; likely, serious, and within days.",
  "safe-now": "yes", known: "On no plan. Two earlier attendances.", "not-known": "Who else lives at home.", strengths: "Grandmother close by.",
  threshold: "child-protection", "threshold-reason": "Injury with a delay and a changing account.", ask: "Strategy discussion, and a visit today." };

test("5. F3.12 by the web: no referral without its analysis and its request; sent, the decision is due in a working day", async () => {
  await d.turn("2026-12-21T09:00:00Z"); // Monday
  const request = await referral(maya);
  const query = `?request=${request.id}`;
  const { "risk-analysis": _, ask: __, ...bare } = written;
  const refused = await nurse.file(maya.id, "multi-agency-referral", bare, { query });
  assert.equal(refused.status, 422);
  assert.match(refused.errors().join("; "), /What this means for the child.*What we ask you to do/);
  const sent = await nurse.file(maya.id, "multi-agency-referral", written, { query });
  assert.equal(sent.path.startsWith(`/r/${request.id}`), true, sent.words);
  assert.equal((await d.task(maya, "write-referral")).status, "completed");
  assert.equal((await open(maya, "referral-unwritten")).length, 0);
  const decide = await d.task(maya, "await-decision");
  assert.equal(ownerOf(decide), "Practitioner/tom.ellis");
  assert.equal(instant(dueOf(decide)), "2026-12-22T23:59:59Z");
});

const referralItems = (more = []) => [
  group("consent-part", coded("consent", "consent-status", "given"), asked("family-told", "yes")),
  group("worry-part", text("concern", "Bruising to both ears, unexplained."), text("risk-analysis", written["risk-analysis"]), asked("safe-now", "yes"),
    text("known", written.known), text("not-known", written["not-known"]), text("strengths", written.strengths)),
  group("ask-part", coded("threshold", "threshold-view", "child-protection"), text("threshold-reason", written["threshold-reason"]), ...more, text("reply-to", "Priya Shah")),
];

test("5. F3.12 no decision: the manager at one working day, chase at three, stage 1 at five, and on up to people with names", async () => {
  await d.turn("2026-12-23T00:00:01Z");
  assert.deepEqual((await open(maya, "decision-late")).map(roleOf), ["csc-manager"]);
  await d.turn("2026-12-24T12:00:00Z");
  assert.equal((await open(maya, "chase-decision")).length, 0, "three working days are not over");
  await d.turn("2026-12-25T00:00:01Z"); // the 24th was the third
  const [chase] = await open(maya, "chase-decision");
  assert.equal(ownerOf(chase), "Practitioner/priya.shah");
  await d.turn("2026-12-29T23:00:00Z"); // 25th, weekend, 28th do not count: the 29th is the fourth
  assert.equal((await open(maya, "referral-challenge")).length, 0);
  await d.turn("2026-12-31T00:00:01Z"); // the 30th was the fifth
  const stage = async () => (await open(maya, "referral-challenge")).map((t) => [t.businessStatus.coding[0].code, ownerOf(t)]).sort();
  assert.deepEqual(await stage(), [["stage-1", "Practitioner/priya.shah"]]);
  await d.turn("2026-12-31T17:00:01Z"); // one working day from the 30th
  assert.ok((await stage()).some(([s, who]) => s === "stage-2" && who === "Practitioner/carol.lim"), JSON.stringify(await stage()));
  await d.turn("2027-01-05T17:00:01Z"); // two working days, over New Year
  assert.ok((await stage()).some(([s, who]) => s === "stage-3" && who === "Practitioner/anna.quist"), JSON.stringify(await stage()));
});

test("F3.12 by the web: a decision with its reasons ends it, and comes back to who referred", async () => {
  const request = await referral(maya);
  const door = d.browser("tom.ellis");
  const decide = await d.task(maya, "await-decision");
  const thread = await door.get(`/r/${request.id}`);
  assert.match(thread.words, /delay of nine hours/);
  const answers = { decision: "section-47", plan: "Visit today by the duty worker.", rationale: "Injury, delay and a changing account meet the threshold of section 47." };
  const query = `?task=${decide.id}&request=${request.id}`;
  const refused = await door.file(maya.id, "referral-decision", { ...answers, rationale: "" }, { query });
  assert.equal(refused.status, 422);
  assert.match(refused.errors().join("; "), /Why/);
  await door.file(maya.id, "referral-decision", answers, { query });
  assert.equal((await d.task(maya, "await-decision")).status, "completed");
  assert.equal((await open(maya, "decision-late")).length + (await open(maya, "chase-decision")).length, 0, "what was asked in between is over");
  const read = await d.task(maya, "read-feedback");
  assert.equal(ownerOf(read), "Practitioner/priya.shah");
  assert.match((await nurse.get(`/r/${request.id}`)).words, /meet the threshold of section 47/);
});

test("F3.12 by the web: received, by a name; what became of it; and a challenge that says what it means for the child", async () => {
  const request = await referral(maya);
  const query = `?request=${request.id}`;
  const door = d.browser("tom.ellis");
  await door.file(maya.id, "referral-receipt", { note: "A worker has it." }, { query });
  const feedback = { result: "enquiry-started", what: "Strategy discussion held; the children stay with their grandmother." };
  const empty = await door.file(maya.id, "referral-feedback", { result: "enquiry-started" }, { query });
  assert.equal(empty.status, 422, "what changed for the child is asked");
  await door.file(maya.id, "referral-feedback", feedback, { query });
  assert.equal((await d.task(maya, "read-feedback")).status, "completed");
  const thread = await nurse.get(`/r/${request.id}`);
  assert.match(thread.words, /Received by Tom Ellis/);
  assert.match(thread.words, /stay with their grandmother/);

  const challenge = { about: "plan", "put-to": "Tom Ellis, front door", position: "We think the plan leaves the younger child out; they do not.", resolved: "false" };
  const impactless = await nurse.file(maya.id, "referral-challenge", challenge, { query });
  assert.equal(impactless.status, 422);
  assert.match(impactless.errors().join("; "), /What this means for the child/);
  await nurse.file(maya.id, "referral-challenge", { ...challenge, "child-impact": "He sleeps in that house tonight, and nobody has asked him." }, { query });
  const [stage] = (await open(maya, "referral-challenge")).filter((t) => t.businessStatus.coding[0].code === "stage-1");
  assert.ok(stage, "the ladder begins again");
  const settled = { ...challenge, "child-impact": "He sleeps at his grandmother's from tonight.", resolved: "true", agreed: "He is in the plan, from today." };
  await nurse.file(maya.id, "referral-challenge", settled, { query });
  assert.equal((await open(maya, "referral-challenge")).length, 0, "settled: every stage of it is over");
});

test("24. F3.12 through the API: received on a Saturday, day 0 is Monday", async () => {
  await d.turn("2027-01-09T10:00:00Z"); // Saturday
  const complete = referralItems([text("ask", written.ask)]);
  const refused = await d.request("POST", "/fhir/QuestionnaireResponse", d.response("multi-agency-referral", ada, referralItems()));
  assert.ok(refused.status === 400 || refused.status === 422, "without what we ask");
  assert.match(refused.text, /What we ask you to do/);
  const sent = await d.create(d.response("multi-agency-referral", ada, complete));
  const request = await referral(ada);
  assert.equal(request.id, `${sent.id}.request`);
  const decide = await d.task(ada, "await-decision");
  assert.equal(instant(dueOf(decide)), "2027-01-12T23:59:59Z", "Monday is day 0, so Tuesday");
  const why = await d.browser("tom.ellis").get(`/why/Task/${decide.id}`);
  assert.match(why.words, /3\.12/);
  assert.match(why.words, /Saturday|office hours|9-Jan-2027|09-Jan-2027/i, why.words);

  await d.turn("2027-01-11T09:30:00Z");
  await d.create({ resourceType: "Communication", status: "completed", subject: { reference: `Patient/${ada.id}` }, sent: d.now, basedOn: [{ reference: `ServiceRequest/${request.id}` }],
    category: [{ coding: [{ system: `${BASE}/CodeSystem/communication-category`, code: "csc-referral-decision" }] }], payload: [{ contentString: "Assessment under section 17, because of neglect." }] });
  assert.equal((await d.task(ada, "await-decision")).status, "completed");
  assert.equal(ownerOf(await d.task(ada, "read-feedback")), "Practitioner/priya.shah");
});

test("the write-up is late for those who wrote it late: known then, known now", async () => {
  const late = (await d.tasks(maya, "write-referral"))[0];
  const why = await nurse.get(`/why/Task/${late.id}`);
  assert.match(why.words, /late/i);
});
