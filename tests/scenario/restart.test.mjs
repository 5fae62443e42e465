// What fell due while no server ran is done as the next one starts, before anybody writes (F3.2, T-REF-2; reliability.md A1).
import assert from "node:assert/strict";
import { test } from "node:test";
import { Server } from "../lib/server.mjs";

test("F3.2: a phone referral that went late while the server was down is chased when it starts", async () => {
  const server = new Server();
  try {
    server.args = ["--clock", "2026-12-18T16:30:00Z"];
    await server.start();
    server.addUser("restart", "system");
    // outlives the two days, so that nothing is written between start and question
    server.token = server.command("token", "--data", server.data, "--user", "restart", "--scope", "system/*.*", "--minutes", "10000");
    const child = await server.request("POST", "/fhir/Patient", { resourceType: "Patient", name: [{ family: "Restart", given: ["Sam"] }], birthDate: "2018-05-05" });
    assert.equal(child.status, 201, child.text);
    const referral = await server.request("POST", "/fhir/ServiceRequest", { resourceType: "ServiceRequest", status: "active", intent: "order",
      subject: { reference: `Patient/${child.body.id}` }, authoredOn: "2026-12-18T16:30:00Z",
      code: { coding: [{ system: "https://heed.example/fhir/CodeSystem/service-request-code", code: "csc-referral" }] },
      extension: [{ url: "https://heed.example/fhir/StructureDefinition/mode", valueCode: "verbal" }] });
    assert.equal(referral.status, 201, referral.text);
    const late = async () => (await server.get(`/fhir/Task?patient=${child.body.id}&code=referral-unwritten`)).body.entry?.length ?? 0;
    assert.equal(await late(), 0);
    await server.stop();
    server.args = ["--clock", "2026-12-20T16:31:00Z"];
    await server.start();
    assert.ok(await late() >= 1, "nobody was told at start");
  } finally {
    await server.stop("SIGKILL");
    server.remove();
  }
});
