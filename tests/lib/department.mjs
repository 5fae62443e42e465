// A department with a hand-turned clock, for one scenario: the people of demo/users.yaml may sign in, messages come in by MLLP, forms by
// the web or the API, and what the pathways made is read back from the API.
import assert from "node:assert/strict";
import { Server, Mllp, adt } from "./server.mjs";
import { Browser } from "./browser.mjs";

export const BASE = "https://heed.example/fhir";
const form = (id) => `${BASE}/Questionnaire/${id}`;
const NHS = "https://fhir.nhs.uk/Id/nhs-number";

export class Department extends Server {
  static async open(now, people = 20) {
    const d = new Department(["--clock", now]);
    await d.start("demo", ["--people", String(people)]);
    d.now = now;
    d.makeToken("integration");
    d.control = 0;
    return d;
  }
  async close() {
    this.line?.close();
    await this.stop();
    this.remove();
  }
  browser(name) { return new Browser(this, name); }
  // Tokens end too: each turn of the clock takes a new one.
  async turn(now) {
    await this.setClock(now);
    this.now = now;
    this.makeToken("integration");
  }

  // ---- the API ----
  async create(resource) {
    const r = await this.request("POST", `/fhir/${resource.resourceType}`, resource);
    assert.equal(r.status, 201, `POST ${resource.resourceType}: ${r.text.slice(0, 600)}`);
    return r.body;
  }
  async put(resource, headers) {
    const r = await this.request("PUT", `/fhir/${resource.resourceType}/${resource.id}`, resource, headers);
    assert.ok(r.status === 200 || r.status === 201, `PUT ${resource.resourceType}: ${r.status} ${r.text.slice(0, 600)}`);
    return r.body;
  }
  async read(reference) {
    const r = await this.get(`/fhir/${reference}`);
    assert.equal(r.status, 200, `GET ${reference}: ${r.text.slice(0, 300)}`);
    return r.body;
  }
  async find(type, query) {
    const r = await this.get(`/fhir/${type}?_count=200&${query}`);
    assert.equal(r.status, 200, `GET ${type}?${query}: ${r.text.slice(0, 300)}`);
    return (r.body.entry ?? []).map((e) => e.resource);
  }
  patient(nhs, { born = "2015-03-04", family = "Tester", given = "Sam", ...rest } = {}) {
    return this.create({ resourceType: "Patient", identifier: [{ system: NHS, value: nhs }], name: [{ family, given: [given] }], birthDate: born, ...rest });
  }
  async patientByNhs(nhs) {
    const all = await this.find("Patient", `identifier=${NHS}|${nhs}`);
    assert.equal(all.length, 1, `one person has ${nhs}`);
    return all[0];
  }
  encounter(person, status, { area, reason, period = { start: this.now }, ...rest } = {}) {
    const e = { resourceType: "Encounter", status, class: { system: "http://terminology.hl7.org/CodeSystem/v3-ActCode", code: "EMER" },
      subject: { reference: `Patient/${person.id ?? person}` }, period, serviceProvider: { reference: "Organization/childrens-ed" }, ...rest };
    if (area) e.extension = [{ url: `${BASE}/StructureDefinition/treatment-area`, valueCode: area }];
    if (reason) e.reasonCode = [{ coding: [{ system: `${BASE}/CodeSystem/ed-presentation`, code: reason }] }];
    return e;
  }
  async attend(person, more) { return this.create(this.encounter(person, "arrived", more)); }
  async finish(encounter, more = {}) {
    return this.put({ ...(await this.read(`Encounter/${encounter.id}`)), status: "finished", period: { ...encounter.period, end: this.now }, ...more });
  }
  // answers: [{linkId, answer | item}], or {linkId: coded answer or text or {…value}}
  response(id, person, items, { encounter, basedOn, author = "priya.shah", status = "completed" } = {}) {
    const r = { resourceType: "QuestionnaireResponse", questionnaire: form(id), status, subject: { reference: `Patient/${person.id ?? person}` },
      authored: this.now, author: { reference: `Practitioner/${author}` }, item: items };
    if (encounter) r.encounter = { reference: `Encounter/${encounter.id ?? encounter}` };
    if (basedOn) r.basedOn = [{ reference: basedOn }];
    return r;
  }

  // ---- HL7 v2 ----
  async send(event, facts) {
    this.line ??= new Mllp(this.mllp);
    const control = `S${++this.control}`;
    const answer = await this.line.send(adt(event, control, facts));
    return { code: answer.match(/MSA\|(\w\w)/)?.[1], control, answer };
  }

  // ---- what the pathways made ----
  tasks(person, code) { return this.find("Task", `patient=Patient/${person.id ?? person}${code ? `&code=${code}` : ""}`); }
  async task(person, code, role) {
    const all = (await this.tasks(person, code)).filter((t) => !role || t.performerType?.[0].coding[0].code === role);
    assert.equal(all.length, 1, `one task ${code} ${role ?? ""}, of ${all.length}`);
    return all[0];
  }
  async flags(person, status = "active") { // R4 has no search by a flag's status
    return (await this.find("Flag", `patient=Patient/${person.id ?? person}`)).filter((f) => f.status === status);
  }
  async communications(person, category) {
    return (await this.find("Communication", `patient=Patient/${person.id ?? person}`)).filter((c) => c.category?.[0].coding[0].code === category);
  }
}

export const codeOf = (r) => r.code.coding[0].code;
export const dueOf = (task) => task.restriction?.period.end;
export const ownerOf = (task) => task.owner?.reference;
export const roleOf = (task) => task.performerType?.[0].coding[0].code;
export const instant = (text) => new Date(text).toISOString().replace(".000Z", "Z");
export const coded = (linkId, system, code) => ({ linkId, answer: [{ valueCoding: { system: `${BASE}/CodeSystem/${system}`, code } }] });
export const asked = (linkId, code) => coded(linkId, "prompt-answer", code);
export const text = (linkId, words) => ({ linkId, answer: [{ valueString: words }] });
export const group = (linkId, ...item) => ({ linkId, item });
