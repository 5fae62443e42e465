// The store on a disk that fails (reliability.md A4, A6): an error from the n-th fdatasync or write ends the process without an answer
// for what was not kept; a full disk refuses writes and recorded reads, serves reads, and recovers when room returns. Each time all
// that was answered is there.
//   node tests/fault/disk_store.mjs PROGRAM     PROGRAM: build/tests/store_load
// Needs strace, and root for the small disk; says so and skips what it cannot do. Prints "# pass N" and "# fail N".
import { spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const program = process.argv[2];
let pass = 0, fail = 0;
const run = (command, args, options = {}) => spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28, timeout: 60000, ...options });
const result = (ok, what, detail = "") => { ok ? pass++ : fail++; console.log(`${ok ? "ok" : "not ok"} - ${what}${ok ? "" : `: ${detail}`}`); };

function checked(dir, answers) {
  const r = run(program, [dir, "check", "whole"], { input: answers });
  return { ok: r.status === 0, detail: r.stdout + r.stderr };
}

function failing(call, error, n) {
  const dir = mkdtempSync(join(tmpdir(), "heed-disk-"));
  const r = run("strace", ["-f", "-o", "/dev/null", "-e", `trace=${call}`, "-e", `inject=${call}:error=${error}:when=${n}`, program, join(dir, "d"), "run", String(n)]);
  const c = checked(join(dir, "d"), r.stdout);
  const ended = r.status === 74 || r.status === 1; // while running; while opening
  result(ended && c.ok, `${error} from ${call} number ${n}: ended with ${r.status}, ${r.stdout.split("\n").length} lines answered`, `${r.error ?? ""}${r.stderr}${c.detail}`);
  rmSync(dir, { recursive: true, force: true });
}

function fullDisk() {
  const dir = mkdtempSync(join(tmpdir(), "heed-full-"));
  if (run("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", dir]).status !== 0) {
    console.log("skipped: a small disk cannot be mounted here");
    return;
  }
  try {
    mkdirSync(join(dir, "d"));
    writeFileSync(join(dir, "d", "filler"), Buffer.alloc(16 << 20));
    const r = run(program, [join(dir, "d"), "full"]);
    const c = checked(join(dir, "d"), r.stdout);
    result(r.status === 0 && c.ok, "a full disk: writes refused, reads served, and on again when there is room", r.stderr + c.detail);
  } finally {
    run("umount", [dir]);
    rmSync(dir, { recursive: true, force: true });
  }
}

if (run("strace", ["-V"]).status === 0) {
  for (const n of [1, 2, 3, 4, 5, 6, 8, 10, 20, 40, 80, 160, 320]) failing("fdatasync", "EIO", n);
  for (const n of [1, 5, 20, 60, 100, 200, 400, 1000, 3000]) failing("pwrite64", "EIO", n);
} else console.log("skipped: strace is not installed");
fullDisk();
console.log(`# pass ${pass}\n# fail ${fail}`);
process.exit(fail ? 1 : 0);
