// kill -9 of the store alone, 16 threads writing (reliability.md A1): nothing that was answered is missing, no half transaction, the
// file sound, the ledger's chain unbroken.
//   node tests/fault/kill_store.mjs PROGRAM [KILLS]     PROGRAM: build/tests/store_load; 200 kills unless told
// Prints "# pass N" and "# fail N".
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const program = process.argv[2];
const kills = Number(process.argv[3] ?? 200);
const dir = mkdtempSync(join(tmpdir(), "heed-kill-"));
let lines = [], answers = 0, pass = 0, fail = 0;
const kept = [];

// The same kills every time: the seed of a linear congruential generator.
let state = 12345;
const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;

function runUntilKilled(seed, ms) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [dir, "run", String(seed)], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "", timer = null;
    child.stdout.on("data", (chunk) => {
      text += chunk;
      timer ??= setTimeout(() => child.kill("SIGKILL"), ms); // from the first answer on, so that every run has work in hand
    });
    child.on("close", (code, signal) => {
      if (signal !== "SIGKILL") return reject(new Error(`the program ended by itself: ${code} ${signal}`));
      resolve(text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter(Boolean));
    });
    setTimeout(() => child.kill("SIGKILL"), 20000).unref();
  });
}

function check(list, whole) {
  const r = spawnSync(program, [dir, "check", whole ? "whole" : ""], { input: list.join("\n") + "\n", encoding: "utf8", maxBuffer: 1 << 28 });
  if (r.status === 0) { pass++; return; }
  fail++;
  console.log(`not ok - ${r.stdout.slice(0, 2000)}${r.stderr.slice(0, 500)}`);
}

try {
  for (let i = 0; i < kills; i++) {
    lines = await runUntilKilled(i, 80 + random() * 170);
    const acknowledged = lines.filter((l) => !l.startsWith("try ")).length;
    answers += acknowledged;
    kept.push(...lines);
    check(lines, (i + 1) % 25 === 0);
  }
  check(kept, true); // and what was answered before earlier kills is still there
  console.log(`${fail ? "not ok" : "ok"} - ${kills} kills, ${answers} answers, none missing`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
console.log(`# pass ${pass}\n# fail ${fail}`);
process.exit(fail || !answers ? 1 : 0);
