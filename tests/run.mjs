// Runs what crosses a socket: starts a demo server on an empty directory with a hand-turned clock, then the node:test files of
// tests/http, tests/scenario and tests/web against it. Prints TAP and "# pass N" lines; stops the server whatever happens.
//   node tests/run.mjs [file...]
import { spawn, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const top = new URL("..", import.meta.url).pathname;
const heed = process.env.HEED_BINARY ?? join(top, "build/heed");
const data = mkdtempSync(join(tmpdir(), "heed-test-"));
const log = join(top, "test-results", "server.log"); // what the server said, to read when a test fails
mkdirSync(join(top, "test-results"), { recursive: true });
const START = "2026-12-18T09:00:00Z"; // the Friday before Christmas (requirements.md section 14, number 5)

function startServer() {
  const child = spawn(heed, ["demo", "--data", data, "--people", "400", "--http", "127.0.0.1:0", "--mllp", "127.0.0.1:0", "--clock", START],
    { stdio: ["ignore", "pipe", openSync(log, "w")] });
  const said = [];
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the server did not get ready in 120 s")), 120000);
    child.on("exit", (code) => reject(new Error(`the server stopped with code ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      said.push(line);
      const m = line.match(/^listening http=(\S+)(?: mllp=(\S+))?/);
      if (m) { clearTimeout(timer); resolve({ child, http: m[1], mllp: m[2], said }); }
    });
  });
}

function files() {
  if (process.argv.length > 2) return process.argv.slice(2);
  return ["http", "scenario", "web"].flatMap((d) => existsSync(join(top, "tests", d))
    ? readdirSync(join(top, "tests", d)).filter((n) => n.endsWith(".test.mjs")).sort().map((n) => join(top, "tests", d, n)) : []);
}

let server, code = 1;
try {
  server = await startServer();
  const token = execFileSync(heed, ["token", "--data", data, "--user", "integration", "--scope", "system/*.*", "--minutes", "600"], { encoding: "utf8" }).trim();
  const signIn = server.said.map((l) => l.match(/^sign-in name=(\S+) password=(\S+)/)).find(Boolean);
  mkdirSync(join(top, "test-results"), { recursive: true });
  const env = { ...process.env, HEED_URL: `http://${server.http}`, HEED_MLLP: server.mllp, HEED_TOKEN: token, HEED_DATA: data, HEED_BINARY: heed,
    HEED_USER: signIn?.[1] ?? "", HEED_PASSWORD: signIn?.[2] ?? "", HEED_RESULTS: join(top, "test-results") };
  const run = spawn(process.execPath, ["--test", "--test-concurrency=1", "--test-reporter=tap", ...files()], { stdio: "inherit", env });
  code = await new Promise((resolve) => run.on("exit", resolve));
} catch (e) {
  console.log(`not ok - ${e.message}\n# pass 0\n# fail 1`);
} finally {
  if (server) {
    server.child.removeAllListeners("exit");
    const gone = new Promise((resolve) => server.child.on("exit", resolve));
    server.child.kill("SIGTERM");
    await Promise.race([gone, new Promise((r) => setTimeout(r, 5000))]);
    server.child.kill("SIGKILL");
  }
  rmSync(data, { recursive: true, force: true });
}
process.exit(code ? 1 : 0);
