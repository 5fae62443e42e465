// The FHIR API as other people's programs see it: fhir-kit-client for what it does, plain requests for what it hides (headers, status).
import test from "node:test";
import assert from "node:assert/strict";
import { Client } from "fhir-kit-client";

const base = `${process.env.HEED_URL}/fhir`;
const authorization = `Bearer ${process.env.HEED_TOKEN}`;
const client = new Client({ baseUrl: base, customHeaders: { authorization } });

// Our own corner of a shared server: every identifier of this run carries it.
const run = `fhir-test-${process.pid}-${process.hrtime.bigint()}`;
const system = `https://example.org/${run}`;

async function ask(method, path, body, headers = {}) {
  const send = { authorization, ...headers };
  if (body !== undefined) send["content-type"] ??= "application/fhir+json";
  const r = await fetch(path.startsWith("http") ? path : base + path, { method, headers: send, body: typeof body === "string" ? body : JSON.stringify(body) });
  const text = await r.text();
  const json = r.headers.get("content-type")?.includes("json") && text ? JSON.parse(text) : undefined;
  if (r.status >= 400) assert.equal(json?.resourceType, "OperationOutcome", `${method} ${path}: ${r.status} ${text}`);
  return { status: r.status, headers: r.headers, text, json };
}
const patient = (value, rest = {}) => ({ resourceType: "Patient", identifier: [{ system, value }], ...rest });
const find = async (query) => (await ask("GET", `/Patient?${query}`)).json.entry?.map((e) => e.resource) ?? [];

test("capabilities", async () => {
  const c = await client.capabilityStatement();
  assert.equal(c.fhirVersion, "4.0.1");
  assert.deepEqual(c.format, ["application/fhir+json", "json"]);
  const types = new Set(c.rest[0].resource.map((r) => r.type));
  for (const t of ["Patient", "Encounter", "QuestionnaireResponse", "Task", "AuditEvent"]) assert.ok(types.has(t), t);
  assert.equal((await fetch(`${base}/metadata`)).status, 200, "needs no token");
});

test("a real client creates, reads, updates, deletes", async () => {
  const made = await client.create({ resourceType: "Patient", body: patient("kit", { name: [{ family: "Kit", given: ["Ann"] }] }) });
  assert.ok(made.id);
  const read = await client.read({ resourceType: "Patient", id: made.id });
  assert.deepEqual(read, made);
  const changed = await client.update({ resourceType: "Patient", id: made.id, body: { ...read, birthDate: "2015-02-03" } });
  assert.equal(changed.meta.versionId, "2");
  const first = await client.vread({ resourceType: "Patient", id: made.id, version: "1" });
  assert.deepEqual(first, made);
  const history = await client.history({ resourceType: "Patient", id: made.id });
  assert.deepEqual(history.entry.map((e) => e.request.method), ["PUT", "POST"]);
  const found = await client.search({ resourceType: "Patient", searchParams: { identifier: `${system}|kit` } });
  assert.equal(found.entry.length, 1);
  assert.equal(found.entry[0].fullUrl, `${base}/Patient/${made.id}`);
  await client.delete({ resourceType: "Patient", id: made.id });
  await assert.rejects(client.read({ resourceType: "Patient", id: made.id }), (e) => e.response.status === 410);
  assert.deepEqual(await find(`identifier=${system}|kit`), []);
});

test("create says where, which version and when", async () => {
  const r = await ask("POST", "/Patient", patient("where"));
  assert.equal(r.status, 201);
  assert.equal(r.headers.get("location"), `${base}/Patient/${r.json.id}/_history/1`);
  assert.equal(r.headers.get("etag"), 'W/"1"');
  assert.ok(Math.abs(Date.parse(r.headers.get("last-modified")) - Date.parse(r.json.meta.lastUpdated)) < 1000);
  const minimal = await ask("POST", "/Patient", patient("minimal"), { prefer: "return=minimal" });
  assert.equal(minimal.status, 201);
  assert.equal(minimal.text, "");
  assert.equal((await ask("GET", `/Patient/${r.json.id}`, undefined, { "if-none-match": 'W/"1"' })).status, 304);
});

test("a decimal keeps its digits", async () => {
  const r = await ask("POST", "/Observation", `{"resourceType":"Observation","status":"final","code":{"text":"w"},"valueQuantity":{"value":1.20}}`);
  assert.match((await ask("GET", `/Observation/${r.json.id}`)).text, /"value":1\.20[,}]/);
});

test("what is refused", async (t) => {
  const cases = [
    [400, "POST", "/Patient", "{"],
    [400, "POST", "/Patient", patient("x", { colour: "red" })],
    [400, "POST", "/Patient", patient("x", { birthDate: "2012-13-45" })],
    [400, "POST", "/Patient", patient("x", { gender: "femail" })],
    [400, "POST", "/Patient", { resourceType: "Observation", status: "final", code: { text: "x" } }],
    [400, "PUT", "/Patient/one", { resourceType: "Patient", id: "other" }],
    [404, "GET", "/Patient/there-is-none", undefined],
    [404, "GET", "/Nonsense/1", undefined],
    [400, "GET", "/Patient?colour=red", undefined],
    [400, "GET", "/Patient?family:banana=x", undefined],
    [400, "GET", "/Patient?birthdate=tuesday", undefined],
    [403, "POST", "/AuditEvent", { resourceType: "AuditEvent" }],
    [422, "POST", "/Observation", { resourceType: "Observation", status: "final", code: { text: "x" }, subject: { reference: "Patient/there-is-none" } }],
  ];
  for (const [status, method, path, body] of cases)
    await t.test(`${method} ${path} ${status}`, async () => assert.equal((await ask(method, path, body)).status, status));
  assert.equal((await ask("POST", "/Patient", "<Patient/>", { "content-type": "application/fhir+xml" })).status, 415);
  assert.equal((await ask("GET", "/Patient?_count=1", undefined, { accept: "application/fhir+xml" })).status, 406);
});

test("tokens", async () => {
  const none = await fetch(`${base}/Patient?_count=1`);
  assert.equal(none.status, 401);
  assert.match(none.headers.get("www-authenticate"), /^Bearer/);
  assert.equal((await fetch(`${base}/Patient?_count=1`, { headers: { authorization: "Bearer made-up" } })).status, 401);
});

test("stale If-Match", async () => {
  const { id } = (await ask("POST", "/Patient", patient("stale"))).json;
  const put = (gender, version) => ask("PUT", `/Patient/${id}`, patient("stale", { id, gender }), { "if-match": `W/"${version}"` });
  assert.equal((await put("female", 1)).status, 200);
  assert.equal((await put("male", 1)).status, 412);
  const many = await Promise.all(["male", "female", "other", "unknown"].flatMap((g) => [put(g, 2), put(g, 2)]));
  assert.equal(many.filter((r) => r.status === 200 && r.headers.get("etag") === 'W/"3"').length >= 1, true);
  assert.equal((await ask("GET", `/Patient/${id}/_history`)).json.entry.length, 3, "one winner");
});

test("20 conditional creates at once make one", async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => ask("POST", "/Patient", patient("once"), { "if-none-exist": `identifier=${system}|once` })));
  assert.equal(all.filter((r) => r.status === 201).length, 1);
  assert.equal(all.filter((r) => r.status === 200).length, 19);
  assert.equal((await find(`identifier=${system}|once`)).length, 1);
});

test("20 conditional updates at once leave one", async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => ask("PUT", `/Patient?identifier=${system}|upsert`, patient("upsert"))));
  assert.ok(all.every((r) => r.status === 200 || r.status === 201), all.map((r) => r.status).join());
  assert.equal((await find(`identifier=${system}|upsert`)).length, 1);
});

test("search: strings, tokens, dates", async (t) => {
  const people = [
    ["s1", { name: [{ family: "Ångström", given: ["Zoë"] }], birthDate: "2012", gender: "female" }],
    ["s2", { name: [{ family: "Angstrom-Lee" }], birthDate: "2012-03-04", gender: "male" }],
    ["s3", { name: [{ family: "O'Brien" }], birthDate: "2012-04-01", active: true }],
    ["s4", { name: [{ family: "50%_off" }], birthDate: "2013-01-01" }],
  ];
  for (const [value, rest] of people) await ask("POST", "/Patient", patient(value, rest));
  const mine = `identifier=${system}|&_count=100`;
  const ids = async (query) => (await find(`${mine}&${query}`)).map((p) => p.identifier[0].value).filter((v) => /^s\d$/.test(v)).sort().join();
  const cases = [
    ["family=angstrom", "s1,s2"], ["family=ANG", "s1,s2"], ["family:exact=Angstrom-Lee", "s2"], ["family:contains=strom", "s1,s2"],
    ["family=o'brien", "s3"], ["family=%25", ""], ["family=_____", ""], ["family=50%25_off", "s4"], ["gender=female,male", "s1,s2"],
    ["gender:missing=true&family:missing=false", "s3,s4"], ["birthdate=2012", "s1,s2,s3"], ["birthdate=2012-03", "s2"],
    ["birthdate=ge2012-03-05&birthdate=lt2013", "s1,s3"], ["birthdate=sa2012-12-31", "s4"], ["active=true", "s3"],
    ["family=x'%20OR%201=1--", ""],
  ];
  for (const [query, expected] of cases) await t.test(query, async () => assert.equal(await ids(query), expected));
});

test("pages hold every match once", async () => {
  for (let i = 0; i < 7; i++) await ask("POST", "/Patient", patient(`page-${i}`, { name: [{ family: `Page${run.length}` }], active: true }));
  const seen = [];
  let url = `${base}/Patient?identifier=${system}|&_count=3`;
  for (let pages = 0; url && pages < 100; pages++) {
    const { json } = await ask("GET", url);
    assert.ok(json.link.some((l) => l.relation === "self"));
    seen.push(...(json.entry ?? []).map((e) => e.resource.id));
    if (pages === 0) await ask("POST", "/Patient", patient("inserted while paging"));
    url = json.link.find((l) => l.relation === "next")?.url;
  }
  assert.equal(new Set(seen).size, seen.length);
  const all = (await find(`identifier=${system}|&_count=200`)).map((p) => p.id);
  assert.ok(all.filter((id) => !seen.includes(id)).length <= 1, "but for the one inserted");
});

test("_search by POST, _include", async () => {
  const { id } = (await ask("POST", "/Patient", patient("subject"))).json;
  await ask("POST", "/Observation", { resourceType: "Observation", status: "final", code: { text: "x" }, subject: { reference: `Patient/${id}` } });
  const r = await ask("POST", "/Observation/_search", `subject=Patient/${id}&_include=Observation:subject`, { "content-type": "application/x-www-form-urlencoded" });
  assert.deepEqual(r.json.entry.map((e) => [e.resource.resourceType, e.search.mode]), [["Observation", "match"], ["Patient", "include"]]);
});

test("transaction", async () => {
  const bundle = (entry) => client.transaction({ body: { resourceType: "Bundle", type: "transaction", entry } });
  const urn = "urn:uuid:11111111-2222-4333-8444-555555555555";
  const done = await bundle([
    { resource: { resourceType: "Encounter", status: "finished", class: { code: "EMER" }, subject: { reference: urn } }, request: { method: "POST", url: "Encounter" } },
    { fullUrl: urn, resource: patient("tx"), request: { method: "POST", url: "Patient", ifNoneExist: `identifier=${system}|tx` } },
  ]);
  assert.equal(done.type, "transaction-response");
  const [encounter, person] = done.entry.map((e) => e.response.location.match(/\/(\w+\/[^/]+)\/_history/)[1]);
  assert.equal((await ask("GET", `/${encounter}`)).json.subject.reference, person);
  await assert.rejects(bundle([
    { resource: patient("rolled back"), request: { method: "POST", url: "Patient" } },
    { resource: patient("bad", { gender: "zzz" }), request: { method: "POST", url: "Patient" } },
  ]), (e) => e.response.status === 400);
  assert.deepEqual(await find(`identifier=${system}|rolled%20back`), []);
});

test("batch", async () => {
  const done = await client.batch({ body: { resourceType: "Bundle", type: "batch", entry: [
    { resource: patient("batch"), request: { method: "POST", url: "Patient" } },
    { request: { method: "GET", url: "Patient/there-is-none" } },
  ] } });
  assert.deepEqual(done.entry.map((e) => e.response.status.slice(0, 3)), ["201", "404"]);
});

test("a read is in the ledger", async () => {
  const { id } = (await ask("POST", "/Patient", patient("audited"))).json;
  await ask("GET", `/Patient/${id}`);
  const events = (await ask("GET", `/AuditEvent?patient=Patient/${id}`)).json.entry.map((e) => e.resource);
  assert.ok(events.every((e) => e.resourceType === "AuditEvent"));
  assert.ok(events.some((e) => e.action === "R"), "the read");
  assert.ok(events.some((e) => e.action !== "R"), "the write");
});

test("health and metrics are open", async () => {
  assert.equal((await fetch(`${process.env.HEED_URL}/health`)).status, 200);
  assert.match(await (await fetch(`${process.env.HEED_URL}/metrics`)).text(), /^heed_http_requests_total \d+$/m);
});
