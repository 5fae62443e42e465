// A true power cut under the store (reliability.md A2): ext4 on a loop file is shut down without flushing, mounted again, and compared
// with what was answered before the cut was asked for. One run with fdatasync made to do nothing must lose answers: a test that
// cannot fail proves nothing.
//   node tests/fault/power_store.mjs PROGRAM [CUTS]     PROGRAM: build/tests/store_load; 200 cuts unless told
// Needs root, loop devices and strace; says so and skips otherwise. Prints "# pass N" and "# fail N".
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const program = process.argv[2];
const cuts = Number(process.argv[3] ?? 200);
const dir = mkdtempSync(join(tmpdir(), "heed-power-"));
const image = join(dir, "disk"), mount = join(dir, "mnt"), data = join(mount, "d");
let pass = 0, fail = 0, answers = 0, state = 4711;
const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
const run = (command, args, options = {}) => spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 28, timeout: 60000, ...options });
const must = (command, args) => { const r = run(command, args); if (r.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${r.stderr}`); };
const attach = () => must("mount", ["-o", "loop", image, mount]);

function format() {
  rmSync(image, { force: true });
  must("truncate", ["-s", "256M", image]);
  must("mkfs.ext4", ["-q", "-F", image]);
}

// Runs, cuts the power, and gives the lines that were read before the cut was asked for.
function untilCut(seed, ms, wrapper = []) {
  return new Promise((resolve, reject) => {
    const command = [...wrapper, program, data, "run", String(seed)];
    const child = spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "ignore"], detached: true });
    let text = "", before = null, timer = null;
    child.stdout.on("data", (chunk) => {
      text += chunk;
      timer ??= setTimeout(() => {
        before = text;
        const r = run(program, [mount, "cut"]);
        process.kill(-child.pid, "SIGKILL");
        if (r.status !== 0) reject(new Error("the file system cannot be shut down here"));
      }, ms);
    });
    child.on("close", () => (before === null ? reject(new Error("the program ended by itself"))
      : resolve(before.slice(0, before.lastIndexOf("\n") + 1).split("\n").filter((l) => l && !l.startsWith("try ")))));
  });
}

function remountAndCheck(lines) {
  must("umount", [mount]);
  attach();
  const r = run(program, [data, "check", "whole"], { input: lines.join("\n") + "\n" });
  return { ok: r.status === 0, detail: `${r.stdout}${r.stderr}`.slice(0, 600) };
}

try {
  mkdirSync(mount);
  format();
  if (run("mount", ["-o", "loop", image, mount]).status !== 0) {
    console.log("skipped: a loop device cannot be mounted here");
  } else {
    for (let i = 0; i < cuts; i++) {
      if (i % 50 === 49) { must("umount", [mount]); format(); attach(); }
      const lines = await untilCut(i, 60 + random() * 140);
      const c = remountAndCheck(lines);
      answers += lines.length;
      c.ok ? pass++ : (fail++, console.log(`not ok - cut ${i}: ${c.detail}`));
    }
    console.log(`${fail || !answers ? "not ok" : "ok"} - ${cuts} power cuts, ${answers} answers, none missing`);
    if (run("strace", ["-V"]).status === 0) {
      let lost = 0;
      for (let i = 0; i < 5 && !lost; i++) {
        must("umount", [mount]); format(); attach();
        const lines = await untilCut(i, 300, ["strace", "-f", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:retval=0"]);
        lost += remountAndCheck(lines).ok ? 0 : 1;
      }
      lost ? pass++ : fail++;
      console.log(`${lost ? "ok" : "not ok"} - without fdatasync answers are lost, so this test would tell`);
    } else console.log("skipped: strace is not installed, so no run that must lose");
  }
} finally {
  if (existsSync(mount)) run("umount", [mount]);
  rmSync(dir, { recursive: true, force: true });
}
console.log(`# pass ${pass}\n# fail ${fail}`);
process.exit(fail ? 1 : 0);
