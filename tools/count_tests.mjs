// Adds up what every runner said: cmocka lines in meson's logs, TAP summaries, and builds that broke.
// Prints "N passed, N failed, N skipped" and fails when a test failed or none ran.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const dir = process.argv[2];
let passed = 0, failed = 0, skipped = 0;

function countCmocka(entry) {
  const text = (entry.stdout ?? "") + (entry.stderr ?? "");
  const count = (re) => (text.match(re) ?? []).length;
  const ok = count(/^\[ {7}OK \]/gm), bad = new Set(text.match(/^\[ {2}FAILED {2}\] \S+/gm) ?? []).size;
  const skip = new Set(text.match(/^\[ {2}SKIPPED \] \S+/gm) ?? []).size;
  passed += ok; skipped += skip;
  // A program that died, or failed without naming a case, is one failure.
  failed += entry.result === "OK" || entry.result === "SKIP" ? bad : Math.max(bad, 1);
  if (ok + bad + skip === 0 && entry.result === "OK") passed += 1;
}

for (const name of readdirSync(dir)) {
  const text = readFileSync(join(dir, name), "utf8");
  if (name.endsWith(".meson.json")) text.split("\n").filter(Boolean).map((l) => JSON.parse(l)).forEach(countCmocka);
  else if (name.endsWith(".broken")) failed += text.split("\n").filter(Boolean).length;
  else if (name.endsWith(".tap")) {
    const sum = (word) => [...text.matchAll(new RegExp(`^# ${word} (\\d+)`, "gm"))].reduce((n, m) => n + Number(m[1]), 0);
    passed += sum("pass"); failed += sum("fail") + sum("cancelled"); skipped += sum("skipped");
    if (!/^# pass \d+/m.test(text)) failed += 1;
  }
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
