// After a child has left A&E: F1.3 paediatric liaison reads every attendance under 19 again, on a queue that is never without a person;
// F1.4 a child who left before being seen is looked for. Begins on Thursday 17 December 2026.
import test, { before, after } from "node:test";
import assert from "node:assert/strict";
import { Department, BASE, coded, codeOf, dueOf, group, instant, ownerOf, roleOf, text } from "../lib/department.mjs";
import { nhsNumber } from "../lib/server.mjs";

let d, liaison, nurse;
let next = 7000;
const nhs = () => nhsNumber(next++);
before(async () => {
  d = await Department.open("2026-12-17T10:00:00Z");
  liaison = d.browser("june.hartley");
  nurse = d.browser("priya.shah");
});
after(() => d.close());

const seenBy = [{ individual: { reference: "Practitioner/priya.shah" } }];
async function attended(facts = {}, more = {}) {
  const person = await d.patient(nhs(), facts);
  const encounter = await d.attend(person, { participant: seenBy, ...more });
  return { person, encounter: await d.finish(encounter) };
}
const missed = { outcome: "missed-concern", "missed-category": "injury", "missed-what": "Bruise behind the ear not explained", feedback: "Ask how, and undress the child",
  threshold: "early-help", informed: ["health-visitor", "ed-practitioner"] };

test("F1.3 by message: every attendance under 19 is to be reviewed in a working day; others hear of it", async () => {
  const number = nhs();
  assert.equal((await d.send("A04", { nhs: number, born: "20080101", visit: "V1", when: "20261217100000" })).code, "AA");
  const person = await d.patientByNhs(number);
  assert.equal((await d.tasks(person, "liaison-review")).length, 0, "not while they are here");
  assert.equal((await d.send("A03", { nhs: number, born: "20080101", visit: "V1", when: "20261217100000", end: "20261217100000" })).code, "AA");
  const review = await d.task(person, "liaison-review");
  assert.equal(ownerOf(review), "Practitioner/june.hartley", "a person, by name");
  assert.equal(instant(dueOf(review)), "2026-12-18T17:00:00Z");
  assert.equal((await d.communications(person, "notice-attendance")).length, 2, "the GP, and the school nurse");

  const grown = await attended({ born: "2007-12-17" });
  assert.equal((await d.tasks(grown.person, "liaison-review")).length, 0, "19 today");
});

test("F1.3 by the web: a missed concern needs its kind, and goes back to who saw the child", async () => {
  const { person } = await attended({ born: "2023-05-06" });
  const review = await d.task(person, "liaison-review");
  const today = await liaison.get("/?f=all");
  assert.ok(today.links().some((l) => l.href === `/t/${review.id}`), "it is on her list");
  const page = await liaison.get(`/t/${review.id}`);
  const form = page.links().find((l) => l.href.includes("/form/liaison-review"));
  assert.ok(form, `the task opens its form: ${page.path} ${page.words}`);

  const refused = await liaison.file(person.id, "liaison-review", { outcome: "missed-concern" }, { query: `?task=${review.id}` });
  assert.equal(refused.status, 422);
  assert.match(refused.errors().join(), /What kind of concern was missed/);
  const done = await liaison.file(person.id, "liaison-review", missed, { query: `?task=${review.id}` });
  assert.equal(done.status, 200, done.words);
  assert.equal((await d.task(person, "liaison-review")).status, "completed");

  const feedback = await d.task(person, "liaison-feedback");
  assert.equal(ownerOf(feedback), "Practitioner/priya.shah", "the practitioner who saw the child");
  const [told] = await d.communications(person, "liaison-feedback");
  assert.match(told.payload[0].contentString, /Injury does not fit.*Bruise behind the ear/);
  assert.equal(told.recipient[0].reference, "Practitioner/priya.shah");
  const read = await nurse.get(`/t/${feedback.id}`);
  await read.form(`/t/${feedback.id}/done`).set({ outcome: "done", words: "Read. I will undress every child with a bruise." }).press();
  assert.equal((await d.task(person, "liaison-feedback")).status, "completed");
});

test("F1.3 and F2.9 through the API: the review, its feedback, and a concern without a form", async () => {
  const { person, encounter } = await attended({ born: "2020-05-06" });
  const items = [coded("outcome", "liaison-outcome", "support-needed"), coded("threshold", "threshold-view", "early-help"), coded("informed", "informed", "gp"),
    coded("hv-sn-form-sent", "yes-no-unknown", "no")];
  const bare = await d.request("POST", "/fhir/QuestionnaireResponse", d.response("liaison-review", person, items.slice(0, 1), { encounter, author: "june.hartley" }));
  assert.ok(bare.status === 400 || bare.status === 422, bare.text);
  await d.create(d.response("liaison-review", person, items, { encounter, author: "june.hartley" }));
  assert.equal((await d.task(person, "liaison-review")).status, "completed");
  const send = await d.task(person, "hv-sn-form");
  assert.equal(ownerOf(send), "Practitioner/june.hartley", "whoever had the concern");
  assert.equal(instant(dueOf(send)), "2026-12-18T17:00:00Z");
  await d.create(d.response("hv-sn-form", person, [coded("to", "hv-sn-recipient", "school-nurse"), text("what-happened", "Came alone with a younger brother"),
    text("worry", "Nobody at home after school"), text("ask", "See the child in school this week"), coded("family-told", "prompt-answer", "yes")], { encounter, author: "june.hartley" }));
  assert.equal((await d.task(person, "hv-sn-form")).status, "completed");
});

test("F1.4 by message and the web: high risk is not closed without a senior; the family is reached today", async () => {
  const number = nhs();
  await d.send("A04", { nhs: number, born: "20120101", visit: "V2", when: "20261217100000" });
  await d.send("A03", { nhs: number, born: "20120101", visit: "V2", when: "20261217100000", end: "20261217100000", disposal: "12" });
  const person = await d.patientByNhs(number);
  const contact = await d.task(person, "lwbs-contact");
  assert.equal(ownerOf(contact), "Practitioner/priya.shah");
  assert.equal(instant(dueOf(contact)), "2026-12-17T23:59:59Z", "the same day");
  assert.equal((await d.communications(person, "notice-left-unseen")).length, 1);

  const left = { "last-seen-by": "Triage nurse", "took-child": "alone", risk: "high", "risk-reason": "Self-harm, walked out in tears", "flag-seen": "none",
    "attempt.0:attempt-how": "Rang the mother", "attempt.0:attempt-result": "No answer, message left", "contact-outcome": "not-reached" };
  const dates = { "time-left": "2026-12-17 09:50", "attempt.0:attempt-at": "2026-12-17 09:58" };
  const query = `?task=${contact.id}`;
  const refused = await nurse.file(person.id, "left-without-being-seen", left, { dates, query });
  assert.equal(refused.status, 422);
  assert.match(refused.errors().join("; "), /welfare check.*Senior clinician/);
  assert.equal(refused.form(`/p/${person.id}/form/`).value("risk-reason"), "Self-harm, walked out in tears", "nothing typed is lost");

  const draft = await nurse.file(person.id, "left-without-being-seen", left, { dates, query, press: ["do", "draft"] });
  assert.match(draft.words, /Kept as a draft/);
  const senior = await d.task(person, "lwbs-senior");
  assert.equal(ownerOf(senior), "Practitioner/carol.lim");
  assert.equal(instant(dueOf(senior)), "2026-12-17T11:00:00Z", "within the hour");
  assert.equal((await d.flags(person))[0].code.coding[0].code, "left-unseen-high");

  const done = await nurse.file(person.id, "left-without-being-seen", { ...left, "welfare-check": "requested", "senior-sign-off": "Carol Lim, nurse in charge" }, { dates, query });
  assert.equal(done.status, 200, done.words);
  assert.equal((await d.task(person, "lwbs-contact")).status, "completed");
  assert.equal((await d.task(person, "lwbs-senior")).status, "completed");
  assert.equal((await d.flags(person)).length, 0, "the flag ends with its reason");
  const asked = (await d.find("ServiceRequest", `patient=Patient/${person.id}`)).map(codeOf);
  assert.deepEqual(asked, ["police-welfare-check"]);
});

test("F1.4 through the API: a child on a plan goes to a senior at once; silence goes to the named nurse", async () => {
  const person = await d.patient(nhs(), { born: "2016-02-03" });
  await d.create({ resourceType: "CarePlan", status: "active", intent: "plan", subject: { reference: `Patient/${person.id}` }, period: { start: "2026-09-01" },
    category: [{ coding: [{ system: `${BASE}/CodeSystem/care-plan-category`, code: "child-protection-plan" }] }] });
  const disposition = { hospitalization: { dischargeDisposition: { coding: [{ system: `${BASE}/CodeSystem/discharge-disposition`, code: "left-before-seen" }] } } };
  const encounter = await d.finish(await d.attend(person), disposition);
  assert.equal(instant(dueOf(await d.task(person, "lwbs-senior", "ed-nurse-in-charge"))), "2026-12-17T11:00:00Z");
  await d.turn("2026-12-17T11:01:00Z");
  assert.equal(ownerOf(await d.task(person, "lwbs-senior", "named-nurse")), "Practitioner/anna.quist");
  await d.turn("2026-12-18T00:01:00Z");
  assert.equal(ownerOf(await d.task(person, "lwbs-contact", "ed-nurse-in-charge")), "Practitioner/carol.lim");

  const answers = [{ linkId: "time-left", answer: [{ valueDateTime: "2026-12-17T10:00:00Z" }] }, text("last-seen-by", "Triage nurse"), coded("took-child", "accompanied-by", "mother"),
    coded("risk", "lwbs-risk", "high"), text("risk-reason", "On a plan for neglect"), coded("flag-seen", "flag-considered", "considered"),
    group("attempt", { linkId: "attempt-at", answer: [{ valueDateTime: "2026-12-18T00:00:00Z" }] }, text("attempt-how", "Rang"), text("attempt-result", "Reached")),
    coded("contact-outcome", "contact-outcome", "safe-elsewhere")];
  const lwbs = (items) => d.response("left-without-being-seen", person, items, { encounter });
  const refused = await d.request("POST", "/fhir/QuestionnaireResponse", lwbs(answers));
  assert.ok(refused.status === 400 || refused.status === 422, "no senior, no welfare check");
  await d.create(lwbs([...answers, coded("welfare-check", "welfare-check", "not-needed"), text("welfare-reason", "Seen by their GP this morning"), text("senior-sign-off", "C Lim")]));
  assert.ok((await d.tasks(person, "lwbs-senior")).every((t) => t.status === "completed"));
  assert.ok((await d.tasks(person, "lwbs-contact")).every((t) => t.status === "completed"));
});

test("F1.3 silence: a late review goes to the team, then to the named nurse, who is told why", async () => {
  await d.turn("2026-12-18T09:00:00Z");
  const { person } = await attended({ born: "2014-03-04" });
  assert.equal(instant(dueOf(await d.task(person, "liaison-review"))), "2026-12-21T17:00:00Z", "Friday's is due on Monday");
  await d.turn("2026-12-21T16:59:00Z");
  assert.equal((await d.tasks(person, "liaison-overdue")).length, 0);
  await d.turn("2026-12-21T17:01:00Z");
  await d.task(person, "liaison-overdue", "paediatric-liaison-team");
  await d.turn("2026-12-23T17:01:00Z");
  const late = await d.task(person, "liaison-overdue", "named-nurse");
  assert.equal(ownerOf(late), "Practitioner/anna.quist");
  assert.match(late.description, /First say whether this child is safe today/);
  const why = await d.browser("anna.quist").get(`/why/Task/${late.id}`);
  assert.match(why.words, /1\.3/, "the finding");
  assert.match(why.words, /Paediatric liaison review/i, "the rule");
  assert.match(why.words, /21-Dec-2026|21 December 2026/, "the dates");
});

test("F1.3 a queue with nobody on cover is an incident, not a gap", async () => {
  const [role] = await d.find("PractitionerRole", "practitioner=Practitioner/june.hartley");
  const away = await d.put({ ...role, notAvailable: [{ description: "Leave", during: { start: "2026-12-23", end: "2026-12-27" } }] });
  const { person } = await attended({ born: "2018-03-04" });
  assert.notEqual(ownerOf(await d.task(person, "liaison-review")), "Practitioner/june.hartley", "she is away");
  const unstaffed = (await d.find("Task", "code=liaison-unstaffed")).filter((t) => t.status === "requested");
  assert.deepEqual(unstaffed.map((t) => [roleOf(t), ownerOf(t)]), [["named-nurse", "Practitioner/anna.quist"]]);
  const issues = (await d.find("DetectedIssue", "code=safety-net-unstaffed"));
  assert.equal(issues.length, 1);
  await d.put({ ...away, notAvailable: undefined });
  assert.ok((await d.find("Task", "code=liaison-unstaffed")).every((t) => t.status === "completed"), "somebody is on the rota again");
});
