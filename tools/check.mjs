// Checks of the source that a compiler does not make: layers, banned calls, sizes, words that have no place in the project.
// Prints TAP-like lines and "# pass N" / "# fail N" for tools/count_tests.mjs.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

const top = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const list = (dir) => { try { return readdirSync(dir); } catch { return []; } };
const walk = (dir) => list(dir).flatMap((n) => { const p = join(dir, n); return statSync(p).isDirectory() ? walk(p) : [p]; });
const read = (p) => readFileSync(p, "utf8");
const sources = walk(join(top, "src")).filter((p) => /\.[ch]$/.test(p));
const tests = walk(join(top, "tests")).filter((p) => /\.[ch]$/.test(p));
const rel = (p) => relative(top, p);

// The one list of layers is in meson.build.
const layers = read(join(top, "meson.build")).match(/layers = \[([^\]]*)\]/)[1].match(/[a-z0-9]+/g);

const problems = {};
const check = (name, fn) => { problems[name] = []; fn((p, line, what) => problems[name].push(`${rel(p)}:${line}: ${what}`)); };

check("a layer includes only from layers below it", (bad) => {
  for (const p of sources) {
    const own = layers.indexOf(rel(p).split("/")[1]);
    read(p).split("\n").forEach((l, i) => {
      const m = l.match(/^#include "([a-z0-9]+)\//);
      if (m && layers.indexOf(m[1]) > own) bad(p, i + 1, `includes ${m[1]}, a layer above`);
    });
  }
});

const banned = /\b(strcpy|strcat|strncat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|localtime|gmtime|ctime|asctime|system|popen|alloca|tmpnam|mktemp|scanf|sscanf|rand|srand|time|gettimeofday)\s*\(/;
const allocation = /\b(malloc|calloc|realloc|strdup|strndup)\s*\(/;
// Long-lived objects outside an arena, each with its reason.
const mayAllocate = read(join(top, "tools/may_allocate.txt")).split("\n").filter((l) => l && !l.startsWith("#")).map((l) => l.split(/\s/)[0]);
const withoutComments = (t) => t.replace(/\/\*[\s\S]*?\*\//g, (c) => c.replace(/[^\n]/g, " ")).replace(/\/\/.*$/gm, "").replace(/"(\\.|[^"\\\n])*"/g, '""');

check("banned calls", (bad) => {
  for (const p of sources)
    withoutComments(read(p)).split("\n").forEach((l, i) => {
      const m = l.match(banned);
      if (m && !/[.>]\s*time\s*\(/.test(l)) bad(p, i + 1, `calls ${m[1]}`);
      if (allocation.test(l) && !rel(p).startsWith("src/base/") && !mayAllocate.includes(rel(p))) bad(p, i + 1, "allocates outside base (list the file and why in tools/may_allocate.txt)");
    });
});

check("no file over 900 lines", (bad) => {
  for (const p of [...sources, ...tests]) {
    const n = read(p).split("\n").length - 1;
    if (n > 900) bad(p, n, `${n} lines`);
  }
});

const longFunctions = read(join(top, "tools/long_functions.txt")).split("\n").filter((l) => l && !l.startsWith("#")).map((l) => l.split(/\s/)[0]);
const lengths = [];
check("no function over 60 lines without a listed reason", (bad) => {
  for (const p of sources) {
    let start = -1, name = "";
    const lines = read(p).split("\n");
    lines.forEach((l, i) => {
      if (/^\{/.test(l)) {
        let k = i - 1;
        while (k > 0 && !/^[A-Za-z_]/.test(lines[k])) k--;
        const m = lines.slice(k, i).join(" ").match(/([A-Za-z_0-9]+)\s*\(/);
        if (m) { start = i; name = m[1]; }
      } else if (/^\}/.test(l) && start >= 0) {
        const n = i - start - 1;
        lengths.push(n);
        if (n > 60 && !longFunctions.includes(`${rel(p)}:${name}`)) bad(p, start + 1, `${name} has ${n} lines`);
        start = -1;
      }
    });
  }
});

check("each folder's public header opens with its manual", (bad) => {
  for (const layer of layers) {
    const p = join(top, "src", layer, `${layer}.h`);
    try { if (!read(p).startsWith("/*")) bad(p, 1, "does not open with a comment"); }
    catch { bad(p, 1, "is missing"); }
  }
});

check("only invented numbers and addresses", (bad) => {
  const texts = ["pack", "tests", "src", "docs", "demo"].flatMap((d) => walk(join(top, d)))
    .filter((p) => /\.(ya?ml|mjs|c|h|md|hl7|test|json|tsv)$/.test(p));
  for (const p of texts)
    read(p).split("\n").forEach((l, i) => {
      const m = l.match(/nhs-number["',\s|:]+(?:value["'\s:]+)?["']?(\d{10})\b/);
      if (m && !m[1].startsWith("999")) bad(p, i + 1, "an NHS number outside the 999 range");
    });
});

check("words that have no place in the project", (bad) => {
  const files = [...sources, ...tests, ...walk(join(top, "pack")), ...walk(join(top, "docs")), join(top, "README.md"), ...walk(join(top, "tools")), ...walk(join(top, "script"))];
  for (const p of files.filter((f) => /\.(c|h|md|ya?ml|mjs|sql|sh)$|script\//.test(f) && !f.endsWith("check.mjs")))
    read(p).split("\n").forEach((l, i) => {
      if (/\b(TODO|FIXME)\b/.test(l)) bad(p, i + 1, "a note to do later");
      if (/registry\.npmjs|\/work\/(main|wt|shared)/.test(l)) bad(p, i + 1, "a place outside the project");
    });
});

// What YAML of the pack names, heed pack check follows; what C and the demo name, this does.
check("what the code and the demo name is defined in the pack", (bad) => {
  const base = "https://heed.example/fhir/";
  const yaml = walk(join(top, "pack")).filter((p) => p.endsWith(".yaml")).map(read).join("\n---\n");
  const defined = new Set([...yaml.matchAll(/^url: *"?([^"\s]+)/gm)].map((m) => m[1]));
  const ids = (type) => new Set([...yaml.matchAll(new RegExp(`^resourceType: ${type}\\nid: (\\S+)`, "gm"))].map((m) => m[1]));
  const codes = (id) => new Set([...(yaml.split(/^---$/m).find((d) => new RegExp(`^resourceType: CodeSystem\\nid: ${id}$`, "m").test(d)) ?? "")
    .matchAll(/^  - \{?(?:code: )([A-Za-z0-9-]+)/gm)].map((m) => m[1]));
  const named = [[/(?:HEED_BASE_URL|BASE) *"\/((?:CodeSystem|ValueSet|StructureDefinition|Questionnaire|PlanDefinition|ActivityDefinition)\/[A-Za-z0-9-]+)["\\]/g, ""],
    [/\bEXTENSION\("([a-z-]+)"\)/g, "StructureDefinition/"], [/\bCODE_SYSTEM\("([a-z-]+)"\)/g, "CodeSystem/"]];
  for (const p of sources)
    read(p).split("\n").forEach((l, i) => {
      for (const [pattern, prefix] of named)
        for (const m of l.matchAll(pattern))
          if (!defined.has(base + prefix + m[1])) bad(p, i + 1, `nothing in pack/ defines ${base}${prefix}${m[1]}`);
    });
  const roles = codes("role"), teams = ids("Organization");
  for (const p of walk(join(top, "demo")).filter((f) => f.endsWith(".yaml")))
    read(p).split("\n").forEach((l, i) => {
      for (const m of l.matchAll(/\brole: *([a-z-]+)/g)) if (!roles.has(m[1])) bad(p, i + 1, `no role ${m[1]} in pack/`);
      for (const m of l.matchAll(/\bteam: *([a-z-]+)/g)) if (!teams.has(m[1])) bad(p, i + 1, `no Organization ${m[1]} in pack/`);
    });
});

let pass = 0, fail = 0;
for (const [name, list] of Object.entries(problems)) {
  console.log(`${list.length ? "not ok" : "ok"} - ${name}`);
  list.slice(0, 40).forEach((l) => console.log(`  ${l}`));
  list.length ? fail++ : pass++;
}
lengths.sort((a, b) => a - b);
const at = (q) => lengths[Math.floor(lengths.length * q)] ?? 0;
console.log(`functions: ${lengths.length}, median ${at(0.5)} lines, 90th percentile ${at(0.9)}, longest ${lengths.at(-1) ?? 0}`);
console.log(`# pass ${pass}\n# fail ${fail}`);
process.exit(fail ? 1 : 0);
