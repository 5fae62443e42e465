// A child in A&E, through the web as a nurse without JavaScript sends it, and through the API and HL7 as other systems do.
// F1.1 sharing notice, F1.2 the record goes by age, F3.1 triage questions and flags. The clock stands at Friday 18 December 2026.
import test, { before, after } from "node:test";
import assert from "node:assert/strict";
import { Department, BASE, asked, coded, dueOf, group, instant, ownerOf, roleOf, text } from "../lib/department.mjs";
import { nhsNumber } from "../lib/server.mjs";

let d, nurse;
let next = 6000;
const nhs = () => nhsNumber(next++);
before(async () => {
  d = await Department.open("2026-12-18T09:00:00Z");
  nurse = d.browser("priya.shah");
});
after(() => d.close());

async function arrivesByMessage(facts) {
  const number = nhs();
  const { code, answer } = await d.send("A04", { nhs: number, when: "20261218090000", ...facts });
  assert.equal(code, "AA", answer);
  const person = await d.patientByNhs(number);
  const [encounter] = await d.find("Encounter", `patient=Patient/${person.id}`);
  return { person, encounter, number };
}

test("F1.1 by message and by the web: the family is told before triage ends, a young person separately", async () => {
  const { person } = await arrivesByMessage({ born: "20130401" });
  const told = await d.task(person, "sharing-notice");
  assert.equal(roleOf(told), "ed-nurse");
  assert.equal(ownerOf(told), "Practitioner/priya.shah");
  assert.equal(instant(dueOf(told)), "2026-12-18T09:15:00Z");

  const blank = await nurse.file(person.id, "sharing-notice", {});
  assert.equal(blank.status, 422);
  assert.match(blank.errors().join("; "), /told how information is shared.*told separately/);
  const noReason = await nurse.file(person.id, "sharing-notice", { "notice-told": "not-told", "young-person-told": "yes" });
  assert.equal(noReason.status, 422, "could not be told needs its reason");
  assert.equal((await d.task(person, "sharing-notice")).status, "requested");

  const done = await nurse.file(person.id, "sharing-notice", { "notice-told": "told", "notice-who": ["mother", "child"], "notice-format": "leaflet", "young-person-told": "yes" });
  assert.equal(done.status, 200, done.words);
  assert.equal((await d.task(person, "sharing-notice")).status, "completed");
  const [kept] = await d.find("QuestionnaireResponse", `patient=Patient/${person.id}`);
  assert.equal(kept.status, "completed");
  const version = kept.item.find((i) => i.linkId === "notice-version");
  assert.equal(version.answer[0].valueString, "2026-1", "the version in force is kept with the answer");
});

test("F1.1 through the API: a blank notice is refused, a reason will do", async () => {
  const person = await d.patient(nhs(), { born: "2021-02-03" });
  const encounter = await d.attend(person);
  const notice = (items) => d.response("sharing-notice", person, items, { encounter });
  for (const items of [[], [coded("notice-told", "sharing-told", "not-told")], [coded("notice-told", "sharing-told", "perhaps")]]) {
    const r = await d.request("POST", "/fhir/QuestionnaireResponse", notice(items));
    assert.ok(r.status === 400 || r.status === 422, `${r.status} ${r.text}`);
    assert.equal(r.body.resourceType, "OperationOutcome");
  }
  assert.equal((await d.task(person, "sharing-notice")).status, "requested");
  await d.create(notice([coded("notice-told", "sharing-told", "not-told"), coded("notice-not-told-reason", "sharing-not-told", "no-interpreter")]));
  assert.equal((await d.task(person, "sharing-notice")).status, "completed");
});

test("F1.1 silence, and triage that ends first: the nurse in charge hears", async () => {
  const quiet = await d.patient(nhs());
  await d.attend(quiet);
  const hurried = await d.patient(nhs());
  const e = await d.attend(hurried, { status: "triaged" });
  await d.put({ ...e, status: "triaged" });
  await d.put({ ...e, status: "in-progress" });
  const late = await d.task(hurried, "sharing-notice", "ed-nurse-in-charge");
  assert.equal(ownerOf(late), "Practitioner/carol.lim", "a person, by name");
  assert.equal((await d.tasks(quiet, "sharing-notice")).length, 1, "not yet 15 minutes");
  await d.turn("2026-12-18T09:16:00Z");
  assert.equal(ownerOf(await d.task(quiet, "sharing-notice", "ed-nurse-in-charge")), "Practitioner/carol.lim");

  const charge = d.browser("carol.lim");
  const today = await charge.get("/?f=all");
  assert.match(today.words, /Family not told how information is shared/);
});

const checklist = { chaperone: "yes", "seen-alone": "yes", "self-harm": "yes", cse: "no", exploitation: "no", substance: "no", carer: "not-asked" };

test("F1.2 by the web: under 18 opens the child's record in the adult area, and the checklist", async () => {
  const { person } = await arrivesByMessage({ born: "20090601", area: "AED", when: "20261218091600" });
  const summary = await nurse.get(`/p/${person.id}`);
  assert.ok(summary.links().some((l) => l.href.includes("/form/ed-child")), "17 years old: the child's record");
  assert.ok(!summary.links().some((l) => l.href.includes("/form/ed-adult")), "whatever the area");
  assert.equal(ownerOf(await d.task(person, "young-person-checklist")), "Practitioner/priya.shah");

  const reasonless = await nurse.file(person.id, "young-person-adult-area", { ...checklist, findings: "Self-harm by cutting, dressed here.", "nurse-in-charge": "Carol Lim" });
  assert.equal(reasonless.status, 422, "not asked needs its reason");
  assert.match(reasonless.errors().join(), /look after somebody at home/);
  const done = await nurse.file(person.id, "young-person-adult-area",
    { ...checklist, "carer.reason": "intoxicated", findings: "Self-harm by cutting, dressed here.", "nurse-in-charge": "Carol Lim" });
  assert.equal(done.status, 200, done.words);
  assert.equal((await d.task(person, "young-person-checklist")).status, "completed");

  const grown = await arrivesByMessage({ born: "20081218", area: "AED", when: "20261218091600" });
  assert.equal((await d.tasks(grown.person, "young-person-checklist")).length, 0, "18 today: grown up");
  const adult = await nurse.get(`/p/${grown.person.id}`);
  assert.ok(adult.links().some((l) => l.href.includes("/form/ed-adult")), "and the adult's record");
});

test("F1.2 through the API: checklist by age and area, filed, or it goes up", async () => {
  const person = await d.patient(nhs(), { born: "2010-01-01" });
  const encounter = await d.attend(person, { area: "adult" });
  const forgotten = await d.patient(nhs(), { born: "2010-01-01" });
  await d.attend(forgotten, { area: "adult" });
  const inChildrens = await d.patient(nhs(), { born: "2010-01-01" });
  await d.attend(inChildrens, { area: "child" });
  assert.equal((await d.tasks(inChildrens, "young-person-checklist")).length, 0);

  const items = Object.entries({ ...checklist, carer: "no", "self-harm": "no" }).map(([linkId, code]) => asked(linkId, code));
  const refused = await d.request("POST", "/fhir/QuestionnaireResponse", d.response("young-person-adult-area", person, items, { encounter }));
  assert.ok(refused.status >= 400 && refused.status < 500, "nobody in charge was told");
  await d.create(d.response("young-person-adult-area", person, [...items, text("nurse-in-charge", "Carol Lim")], { encounter }));
  assert.equal((await d.task(person, "young-person-checklist")).status, "completed");

  await d.turn("2026-12-18T10:17:00Z");
  assert.equal(ownerOf(await d.task(forgotten, "young-person-checklist", "ed-nurse-in-charge")), "Practitioner/carol.lim");
  await d.turn("2026-12-18T14:17:00Z");
  assert.equal((await d.tasks(forgotten, "young-person-checklist")).filter((t) => roleOf(t) === "safeguarding-team").length, 1, "the child safeguarding queue");
});

async function onPlan() {
  const person = await d.patient(nhs(), { born: "2019-05-02" });
  await d.create({ resourceType: "CarePlan", status: "active", intent: "plan", subject: { reference: `Patient/${person.id}` },
    category: [{ coding: [{ system: `${BASE}/CodeSystem/care-plan-category`, code: "child-protection-plan" }] }],
    period: { start: "2026-09-01", end: "2027-01-15" }, description: "Neglect" });
  return person;
}
const triage = { "treatment-area": "child", "accompanied-by": "mother", "accompanying-name": "Ann Tester", "accompanying-pr": "yes", "social-worker": "no",
  delay: "yes", "story-fits": "yes", "injury-fits-age": "yes", interaction: "no", previous: "no", "self-harm-exploitation": "no",
  "flag-seen": "considered", "seen-alone": "yes", "concern-level": "lower-level", "concern-reason": "Delay of nine hours, explained by no lift." };

test("F3.1 by the web: a flag says why, what to do and whose it is; the triage block and the flag cannot be passed over", async () => {
  const person = await onPlan();
  await d.attend(person);
  const summary = await nurse.get(`/p/${person.id}`);
  assert.match(summary.words, /Tell the social worker of this contact today/);
  const flags = await nurse.get(`/p/${person.id}/flags`);
  assert.match(flags.words, /Child protection plan/);
  assert.match(flags.words, /15-Jan-2027/, "its review date");
  const reads = (await d.find("AuditEvent", `patient=Patient/${person.id}`)).filter((e) => e.action === "R" && JSON.stringify(e.agent).includes("priya.shah"));
  assert.ok(reads.length >= 2, "that the flag was seen is in the ledger");

  const { "flag-seen": _, ...unseen } = triage;
  const refused = await nurse.file(person.id, "ed-child", { ...unseen, findings: "Scald, nine hours old when seen." });
  assert.equal(refused.status, 422);
  assert.match(refused.errors().join(), /Flags on the record/);
  const unfound = await nurse.file(person.id, "ed-child", triage);
  assert.match(unfound.errors().join(), /What did you find/, "a delay needs its finding");
  assert.equal((await d.task(person, "triage-block")).status, "requested");
  const done = await nurse.file(person.id, "ed-child", { ...triage, findings: "Scald, nine hours old when seen." });
  assert.equal(done.status, 200, done.words);
  assert.equal((await d.task(person, "triage-block")).status, "completed");
});

test("F3.1 through the API: the flag comes from the plan and ends with it; the triage block", async () => {
  const person = await onPlan();
  const encounter = await d.attend(person);
  const [flag] = await d.flags(person);
  const extension = (name) => flag.extension.find((x) => x.url.endsWith(`/${name}`));
  assert.equal(flag.code.coding[0].code, "child-protection-plan");
  assert.match(extension("flag-reason").valueString, /since 01-Sep-2026\. Neglect/);
  assert.equal(extension("flag-do").valueString, "Tell the social worker of this contact today.");
  assert.match(extension("flag-source").valueReference.reference, /^CarePlan\//);
  assert.equal(extension("flag-review").valueDate, "2027-01-15");

  const yes = (linkId, code) => asked(linkId, code);
  const items = (flagSeen) => [
    group("who", coded("treatment-area", "treatment-area", "child"), coded("accompanied-by", "accompanied-by", "alone"), yes("social-worker", "declined")),
    group("triage", yes("delay", "no"), yes("story-fits", "yes"), yes("injury-fits-age", "yes"), yes("interaction", "no"), yes("previous", "no"),
      yes("self-harm-exploitation", "no"), ...flagSeen),
    group("voice", yes("seen-alone", "yes")),
    group("outcome", coded("concern-level", "concern-level", "none")),
  ];
  const refused = await d.request("POST", "/fhir/QuestionnaireResponse", d.response("ed-child", person, items([]), { encounter }));
  assert.ok(refused.status === 400 || refused.status === 422, refused.text);
  await d.create(d.response("ed-child", person, items([coded("flag-seen", "flag-considered", "considered")]), { encounter }));
  assert.equal((await d.task(person, "triage-block")).status, "completed");

  const plan = await d.read(extension("flag-source").valueReference.reference);
  await d.put({ ...plan, status: "completed" });
  assert.equal((await d.flags(person)).length, 0);
  assert.equal((await d.flags(person, "inactive")).length, 1, "kept, and over");
});
