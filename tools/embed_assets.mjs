// Turns assets/ and the design system's built files into one C table: bytes, gzip of the bytes, content type, hashed path.
//   node tools/embed_assets.mjs OUT.c DIST_DIR ASSETS_DIR
// What it changes in the design system's files: @font-face rules go (they fetch from elsewhere and need a licence an organisation),
// source map comments go, and names inside files become the hashed names, so that every file may be cached for ever.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, constants } from "node:zlib";

const [out, dist, own] = process.argv.slice(2);
const types = { css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", svg: "image/svg+xml" };
const files = new Map(); // plain name -> { path, type, bytes }

const add = (name, text) => {
  const bytes = Buffer.from(text, "utf8");
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const dot = name.lastIndexOf(".");
  const path = `/assets/${name.slice(0, dot)}.${hash}${name.slice(dot)}`;
  files.set(name, { path, type: types[name.slice(dot + 1)], bytes });
};
const hashed = (name) => {
  if (!files.has(name)) throw new Error(`${name} is named by another file and is not embedded`);
  return files.get(name).path;
};
const text = (path) => readFileSync(path, "utf8");
const withoutMap = (t) => t.replace(/\/\*# sourceMappingURL[^*]*\*\//g, "").replace(/\/\/# sourceMappingURL.*$/gm, "");

const css = withoutMap(text(join(dist, "nhsuk-frontend.min.css"))).replace(/@font-face\{[^}]*\}/g, "");
const images = [...new Set([...css.matchAll(/url\(\/assets\/images\/([^)]+)\)/g)].map((m) => m[1]))];
for (const name of images) add(name, text(join(dist, "assets/images", name)));
const version = text(join(dist, "nhsuk-frontend.min.js")).match(/version="([^"]+)"/)[1];
add("nhsuk-frontend.min.css", `/* nhsuk-frontend ${version}, MIT licence, NHS England */\n` +
  css.replace(/url\(\/assets\/images\/([^)]+)\)/g, (_, name) => `url(${hashed(name)})`));
add("nhsuk-frontend.min.js", `/* nhsuk-frontend ${version}, MIT licence, NHS England */\n` + withoutMap(text(join(dist, "nhsuk-frontend.min.js"))));
for (const name of readdirSync(own).sort())
  if (types[name.slice(name.lastIndexOf(".") + 1)])
    add(name, text(join(own, name)).replace(/"\.\/([a-z0-9.-]+\.js)"/g, (_, other) => JSON.stringify(hashed(other))));
for (const [name, f] of files)
  if (/@font-face|sourceMappingURL|https?:\/\/(?!www\.w3\.org\/)/.test(f.bytes.toString("utf8").replace(/\/\*[\s\S]*?\*\//g, "")) && name.endsWith(".css"))
    throw new Error(`${name} would fetch from elsewhere`);

const array = (name, bytes) => {
  let s = `static const unsigned char ${name}[] = {`;
  for (let i = 0; i < bytes.length; i++) s += (i % 32 ? "" : "\n\t") + bytes[i] + ",";
  return s + "\n};\n";
};
let c = "/* Made by tools/embed_assets.mjs. */\n#include \"web/assets.h\"\n\n";
let rows = "";
let n = 0;
for (const [name, f] of files) {
  const gzip = gzipSync(f.bytes, { level: constants.Z_BEST_COMPRESSION });
  gzip.fill(0, 4, 8); // no time stamp: the same input gives the same binary
  c += array(`raw${n}`, f.bytes) + array(`gzip${n}`, gzip);
  rows += `\t{"${name}", "${f.path}", "${f.type}", raw${n}, sizeof raw${n}, gzip${n}, sizeof gzip${n}},\n`;
  n++;
}
c += `const struct web_asset web_assets[] = {\n${rows}};\nconst size_t web_asset_count = ${n};\n`;
writeFileSync(out, c);
