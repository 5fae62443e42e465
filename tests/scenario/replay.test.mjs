// The same log and rules give the same clocks: replayed beside the running server, and made again by reindex from the versions alone.
import test, { before, after } from "node:test";
import assert from "node:assert/strict";
import { Department } from "../lib/department.mjs";
import { nhsNumber } from "../lib/server.mjs";

let d, child, adult;
before(async () => {
  d = await Department.open("2026-12-18T16:00:00Z");
  child = await d.patient(nhsNumber(12000), { born: "2019-05-06" });
  adult = await d.patient(nhsNumber(12001), { born: "1990-05-06" });
});
after(() => d.close());

const replay = () => d.command("replay", "--data", d.data, "--since", "2026-01-01").split("\n");

test("a weekend of attendances, a call, silence, an answer, an error", async () => {
  for (let i = 0; i < 5; i++) { // the fourth is a flag: a rule that looks at the record as it was then
    await d.finish(await d.attend(child));
    await d.turn(`2026-12-18T16:${10 + i}:00Z`);
  }
  await d.attend(adult, { reason: "overdose" });
  await d.create({ resourceType: "ServiceRequest", status: "active", intent: "order", subject: { reference: `Patient/${child.id}` },
    code: { coding: [{ system: "https://heed.example/fhir/CodeSystem/service-request-code", code: "csc-referral" }] }, authoredOn: d.now,
    requester: { reference: "Practitioner/priya.shah" }, extension: [{ url: "https://heed.example/fhir/StructureDefinition/mode", valueCode: "verbal" }] });
  await d.send("A04", { nhs: nhsNumber(12002), when: "20261218161500" });
  await d.turn("2026-12-20T18:00:00Z");
  const [review] = await d.tasks(child, "liaison-review");
  await d.put({ ...review, status: "completed" });
  await d.turn("2026-12-22T09:00:00Z");
  await d.put({ ...(await d.read(`Task/${review.id}`)), status: "entered-in-error" });
  await d.turn("2027-01-05T09:00:00Z");
  assert.equal((await d.flags(child)).length, 1);
});

test("replayed beside the running server: the same", () => {
  const [counts, digest, verdict] = replay();
  assert.match(counts, /^\d+ events, \d+ clocks, \d+ firings$/);
  assert.match(digest, /^digest [0-9a-f]{64}$/);
  assert.equal(verdict, "the same as what is kept");
});

test("made again by reindex: the same", async () => {
  const before = replay();
  await d.stop();
  assert.match(d.command("reindex", "--data", d.data), / 0 differences$/);
  const after = replay();
  assert.equal(after[2], "the same as what is kept");
  assert.equal(after[1], before[1]);
});

test("a wrong use says so", () => {
  assert.throws(() => d.command("replay", "--data", d.data), /--since DATE/);
  assert.throws(() => d.command("replay", "--data", d.data, "--since", "soon"), /not a valid dateTime/);
});
