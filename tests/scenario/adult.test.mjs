// requirements.md section 14 number 7; F2.8, F2.9 and the adult A&E part of F1.8: who is this person caring for? Through the web, through
// the API and by HL7. Friday 18 December 2026.
import test, { before, after } from "node:test";
import assert from "node:assert/strict";
import { Department, asked, coded, dueOf, group, instant, ownerOf, roleOf, text } from "../lib/department.mjs";
import { nhsNumber } from "../lib/server.mjs";

let d, nurse;
let next = 9000;
const nhs = () => nhsNumber(next++);
before(async () => {
  d = await Department.open("2026-12-18T09:00:00Z");
  nurse = d.browser("priya.shah");
});
after(() => d.close());

const OVERDOSE = "55680006";
async function overdoseByMessage(born = "19900101") {
  const number = nhs();
  const facts = { nhs: number, born, visit: `A${number}`, why: OVERDOSE, when: d.now.replace(/[-:TZ]/g, "") };
  assert.equal((await d.send("A04", facts)).code, "AA");
  return { person: await d.patientByNhs(number), facts };
}
const rest = { "contact-with-others": "no", pregnant: "no", "young-carer": "no" };
const worry = { impact: "Asleep on the sofa while they were at home.", "concern-level": "lower-level", "concern-reason": "Nobody else was with them that night." };
const child = (n, given, born) => ({ [`child.${n}:child-given`]: given, [`child.${n}:child-family`]: "Tester", [`child.${n}:child-tie`]: "MTH", [`child.${n}:child-where`]: "home", [`child.${n}:child-with`]: "Their grandmother",
  [`child.${n}:child-safe`]: "yes", [`child.${n}:child-born-year`]: born });

test("7. F2.8 by message and the web: blank stops disposal; not able to ask is a task before discharge; later two children are found", async () => {
  const { person, facts } = await overdoseByMessage();
  const ask = await d.task(person, "children-question");
  assert.equal(ownerOf(ask), "Practitioner/priya.shah");
  assert.equal(instant(dueOf(ask)), "2026-12-18T13:00:00Z");

  const blank = await nurse.file(person.id, "ed-adult", { ...rest });
  assert.equal(blank.status, 422, "F1.8: the assessment is not closed with it blank");
  assert.match(blank.errors().join("; "), /caring for any child/);
  const noReason = await nurse.file(person.id, "ed-adult", { ...rest, "children-answer": "not-asked" });
  assert.equal(noReason.status, 422, "not able to ask has a reason");

  const unable = await nurse.file(person.id, "ed-adult", { ...rest, "children-answer": "not-asked", "children-answer.reason": "too-unwell" });
  assert.equal(unable.status, 200, unable.words);
  assert.equal((await d.task(person, "children-question")).status, "completed");
  const before = await d.task(person, "children-before-discharge");
  assert.equal(before.status, "requested");
  assert.equal(before.priority, "urgent");

  await d.turn("2026-12-18T12:00:00Z");
  const query = `?task=${before.id}`;
  const half = await nurse.file(person.id, "ed-adult", { ...rest, "children-answer": "yes" }, { query });
  assert.equal(half.status, 422, "yes, and no child named");
  const found = await nurse.file(person.id, "ed-adult", { ...rest, "children-answer": "yes", ...worry, ...child(0, "Rosa", "2019"), ...child(1, "Ben", "2024") },
    { query, repeat: ["child.0"] });
  assert.equal(found.status, 200, found.words);
  assert.equal((await d.task(person, "children-before-discharge")).status, "completed");

  const ties = (await d.find("RelatedPerson", "relationship=MTH&_sort=_lastUpdated")).filter((r) => JSON.stringify(r.extension).includes(`Patient/${person.id}`));
  const children = await Promise.all(ties.map((t) => d.read(t.patient.reference)));
  assert.deepEqual(children.map((c) => [c.name[0].given[0], c.birthDate]).sort(), [["Ben", "2024"], ["Rosa", "2019"]], "a record for each child");
  const [flag] = await d.flags(person);
  assert.equal(flag.code.coding[0].code, "adult-cares-for-children");

  const liaison = await d.task(person, "liaison-adult-review");
  assert.equal(ownerOf(liaison), "Practitioner/june.hartley", "F2.9: in the liaison queue");
  assert.equal(instant(dueOf(liaison)), "2026-12-21T17:00:00Z", "a working day");
  const tell = await d.task(person, "children-found");
  assert.equal(ownerOf(tell), "Practitioner/priya.shah", "whoever found them tells the health visitor or school nurse");

  const done = await nurse.file(children[0].id, "hv-sn-form", { to: "health-visitor", "what-happened": "Their mother was brought in from home", worry: "Who looks after them tonight",
    ask: "Visit them tomorrow", "family-told": "yes" });
  assert.equal(done.status, 200, done.words);
  assert.equal((await d.task(person, "children-found")).status, "completed", "the form is about the child; the work was about the adult");

  assert.equal((await d.send("A03", { ...facts, end: "20261218120000" })).code, "AA");
  assert.equal((await d.tasks(person, "liaison-adult-review")).length, 1, "one review for one attendance");
});

test("F2.9 by the web: the liaison nurse reviews an adult's attendance; what she finds has its form, or comes back", async () => {
  const { person, facts } = await overdoseByMessage("19850101");
  await d.send("A03", { ...facts, end: "20261218120000" });
  const june = d.browser("june.hartley"), review = await d.task(person, "liaison-adult-review");
  assert.ok((await june.get("/?f=all")).links().some((l) => l.href === `/t/${review.id}`), "it is on her list");
  const page = await june.get(`/t/${review.id}`);
  assert.ok(page.links().some((l) => l.href.includes("/form/liaison-review")), "and opens its form");
  const support = { outcome: "support-needed", informed: "gp", "hv-sn-form-sent": "no", threshold: "early-help" };
  const { threshold: _, ...noView } = support;
  const refused = await june.file(person.id, "liaison-review", noView, { query: `?task=${review.id}` });
  assert.equal(refused.status, 422);
  assert.match(refused.errors().join(), /threshold/, "the sub-threshold check has an answer");
  const done = await june.file(person.id, "liaison-review", support, { query: `?task=${review.id}` });
  assert.equal(done.status, 200, done.words);
  assert.equal((await d.task(person, "liaison-adult-review")).status, "completed");
  assert.equal(ownerOf(await d.task(person, "hv-sn-form")), "Practitioner/june.hartley", "a concern needs its form");
});

test("F2.8 disposal with nobody asked: the nurse in charge hears when the attendance ends", async () => {
  const { person, facts } = await overdoseByMessage();
  await d.send("A03", { ...facts, end: "20261218120000" });
  const up = await d.task(person, "children-question", "ed-nurse-in-charge");
  assert.equal(ownerOf(up), "Practitioner/carol.lim");
  assert.equal(ownerOf(await d.task(person, "liaison-adult-review")), "Practitioner/june.hartley", "F2.9: the attendance is reviewed all the same");
});

const items = (answer, more = []) => [asked("children-answer", answer), ...more, asked("contact-with-others", "no"), asked("pregnant", "no"), asked("young-carer", "no"),
  ...(answer === "yes" ? [text("impact", worry.impact), coded("concern-level", "concern-level", "lower-level"), text("concern-reason", worry["concern-reason"])] : [])];
const childItems = (given) => group("child", text("child-given", given), text("child-family", "Tester"), { linkId: "child-born", answer: [{ valueDate: "2020-02-03" }] },
  { linkId: "child-tie", answer: [{ valueCoding: { system: "http://terminology.hl7.org/CodeSystem/v3-RoleCode", code: "FTH" } }] },
  coded("child-where", "child-where", "home"), text("child-with", "Their aunt"), asked("child-safe", "yes"));

test("7. F2.8 and F1.8 through the API: the same answers, the same refusals, the same work", async () => {
  const person = await d.patient(nhs(), { born: "1988-02-03" });
  const encounter = await d.attend(person, { reason: "domestic-abuse", area: "adult" });
  const file = (i) => d.request("POST", "/fhir/QuestionnaireResponse", d.response("ed-adult", person, i, { encounter }));
  for (const bad of [items("yes").slice(1), items("not-asked"), items("yes")]) {
    const r = await file(bad);
    assert.ok(r.status === 400 || r.status === 422, `${r.status} ${r.text}`);
  }
  assert.equal((await d.task(person, "children-question")).status, "requested");
  await d.create(d.response("ed-adult", person, items("not-asked", [coded("children-not-asked-reason", "not-asked-reason", "intoxicated")]), { encounter }));
  assert.equal((await d.task(person, "children-before-discharge")).status, "requested");
  const filed = await d.create(d.response("ed-adult", person, items("yes", [childItems("Kit"), childItems("Una")]), { encounter }));
  assert.equal((await d.task(person, "children-before-discharge")).status, "completed");
  for (const [n, name] of ["Kit", "Una"].entries()) assert.equal((await d.read(`Patient/${filed.id}.child.${n}`)).name[0].given[0], name);
  await d.create(d.response("hv-sn-form", { id: `${filed.id}.child.0` }, [coded("to", "hv-sn-recipient", "school-nurse"), text("what-happened", "Father hurt at home"),
    text("worry", "They saw it happen"), text("ask", "See them in school this week"), asked("family-told", "yes")], { encounter }));
  assert.equal((await d.task(person, "children-found")).status, "completed");
});

test("F2.9 silence: a concern without a form comes back to its author, then to the named nurse; the review to the team", async () => {
  const person = await d.patient(nhs(), { born: "1979-02-03" });
  const encounter = await d.attend(person, { reason: "alcohol" });
  await d.create(d.response("ed-adult", person, items("yes", [childItems("Ivy")]), { encounter }));
  await d.turn("2026-12-21T17:01:00Z");
  const back = await d.task(person, "concern-without-form", "ed-nurse-in-charge").catch(() => d.tasks(person, "concern-without-form").then((t) => t[0]));
  assert.equal(ownerOf(back), "Practitioner/priya.shah", "its author");
  assert.equal((await d.tasks(person, "liaison-adult-review")).filter((t) => roleOf(t) === "paediatric-liaison-team").length, 1);
  await d.turn("2026-12-22T17:01:00Z");
  assert.equal(ownerOf(await d.task(person, "concern-without-form", "named-nurse")), "Practitioner/anna.quist");
  const why = await d.browser("anna.quist").get(`/why/Task/${(await d.task(person, "concern-without-form", "named-nurse")).id}`);
  assert.match(why.words, /2\.8|2\.9/);
});

test("F2.8 is asked of adults by presentation: not of a child, nor of a sprain", async () => {
  const young = await overdoseByMessage("20100101");
  assert.equal((await d.tasks(young.person, "children-question")).length, 0);
  const sprained = await d.patient(nhs(), { born: "1988-02-03" });
  await d.attend(sprained);
  assert.equal((await d.tasks(sprained, "children-question")).length, 0);
});
