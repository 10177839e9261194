// Compares schemas that were read from source with Zod itself, on generated values.
//
// In: the path of a JSON file `{ "zod4": { "name": <schema> } }` beside modules of these names. Out: one JSON object,
// a row for each schema. A value that Zod accepts and the schema refuses is in `stricter`: there must be none.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { dirname, join, resolve } from 'node:path';
import Ajv from 'ajv/dist/2020.js';
import { z } from 'zod';

const input = resolve(process.argv[2]);
const folder = dirname(input);
const groups = JSON.parse(readFileSync(input, 'utf8'));
const ROUNDS = Number(process.argv[3] ?? 200);

// A generator with a fixed seed, so that a failure can be made again.
let state = 0;
const seed = (text) => { state = 2166136261; for (const letter of text) state = Math.imul(state ^ letter.charCodeAt(0), 16777619) >>> 0; };
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = state;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
};
const below = (limit) => Math.floor(random() * limit);
const pick = (list) => list[below(list.length)];

const TEXTS = [
  '', 'a', 'b', 'c', 'x', 'z', 'ab', 'abc', 'abcd', 'abcde', 'abcdefgh', 'A', 'AB', 'aB', 'red', 'blue', ' ', '  ', ' a ', ' ab ', '   abc   ',
  '\u00a0a\u00a0', '\ufeffab', 'a\nb', 'a b', 'ab cd', 'a\u2003b', '😀', '😀😀', 'a😀', '😀@😀', 'é', 'ß', 'İ', 'ŉ', 'ﬁ', 'Ⅷ', '中文', '1', '5', '12', '-1', '0.5',
  '3', 'true', 'false', 'null', 'on', 'yes', 'id-5', 'v2', 'ab-12', 'abcd-1', 'abcz', 'abz', 'xa.by', 'a.b', '#abc', '#ABC', '#12G', 'a1', 'n_a', 'aaa', 'az', 'a@b',
  'a@b.co', 'user.name+tag@example.com', ' a@b.co ', '.a@b.co', 'a..b@c.de', "o'neil@x.org", 'a@b-.com', 'a@-b.com', 'A@B.CO', 'a@b.c', 'a b@c.de', '"a b"@c.de', 'ü@b.de',
  '123e4567-e89b-12d3-a456-426614174000', '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '123E4567-E89B-12D3-A456-426614174000',
  '123e4567-e89b-92d3-0456-426614174000', '123e4567e89b12d3a456426614174000', 'https://example.com', 'http://localhost:3000/a?b=c#d', 'mailto:a@b.co', 'ftp://x', 'a:', '//x', 'https://', ' https://x.org ',
  'cjld2cjxh0000qzrmn831i7rn', 'c😀😀😀😀', 'cabcdef', 'Cabcdefgh', 'tz4a98xxat96iws9zmbrgj3a', '01ARZ3NDEKTSV4RRFFQ69G5FAV', '01arz3ndektsv4rrffq69g5fav', '9m4e2mr0ui3e8a215n4g', 'V1StGXR8_Z5jdHi6B-myT',
  '127.0.0.1', '256.1.1.1', '1.2.3', '::1', '2001:db8::ff00:42:8329', 'fe80::1%eth0', '::ffff:1.2.3.4', '10.0.0.0/8', '10.0.0.0/33', '::/0', 'aGk=', 'aGVsbG8', 'aGVsbG8=', 'a-_b', '+4915112345678', '+1', '004915112345678',
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2ln', 'a.b.c', '..', '2024-02-29', '2023-02-29', '2024-13-01', '2024-01-31', '12:30', '12:30:15', '12:30:15.123', '25:00', '2024-01-31T12:30:15Z',
  '2024-01-31T12:30Z', '2024-01-31T12:30:15.123Z', '2024-01-31T12:30:15.123+02:00', '2024-01-31T12:30:15+0200', '2024-01-31T12:30:15', '2024-01-31T12:30:15.123456', '2024-01-31 12:30', 'P1Y2M3DT4H5M6S', 'P1W', 'PT0.5S', '-P1D', 'P', 'P1D\n',
];
const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 15, 100, 149, 150, 151, 1000, -1, -2, -3, -0.5, 0.1, 0.3, 0.5, 0.7, 1.5, 2.5, 4.999, 5.001, 1e6, 2147483647, 2147483648, -2147483648, 4294967296, 9007199254740991];
const OTHERS = [null, true, false, [], {}, ['a'], [1], [1, 2], ['a', 1], ['a', 1, 2], [true], [null], { a: 'a' }, { a: 1 }, { b: 2 }, { a: 'a', b: 2 }, { a: 'x', b: 'y' }, { kind: 'a', x: 'x' }, { kind: 'b', y: 1 }, { constructor: 1 }, { length: 1 }];

const primitive = () => { const kind = below(4); return kind === 0 ? pick(OTHERS) : kind === 1 ? pick(NUMBERS) : pick(TEXTS); };
const copy = (value) => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
const fill = (length) => { let text = ''; while (text.length < length) text += pick(['a', 'b', 'z', '1', 'é', '😀', ' ', '-']); return text; };
const around = (number) => number + pick([-1, 0, 0, 0, 1]);

// A value that the schema describes, most of the time.
function describe(schema, root, depth = 0) {
  if (schema === true || schema === undefined || depth > 7) return primitive();
  if (schema === false) return primitive();
  if (schema.$ref) return describe(schema.$ref === '#' ? root : root.$defs?.[schema.$ref.split('/').pop()], root, depth + 1);
  if ('const' in schema) return schema.const;
  if (schema.enum) return pick(schema.enum);
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return describe(pick(options), root, depth + 1);
  if (schema.allOf && !schema.type) {
    const parts = schema.allOf.map((part) => describe(part, root, depth + 1));
    return parts.every((part) => part && typeof part === 'object' && !Array.isArray(part)) ? Object.assign({}, ...parts) : parts[0];
  }
  const type = Array.isArray(schema.type) ? pick(schema.type) : schema.type;
  switch (type) {
    case 'string': {
      const fitting = TEXTS.filter((text) => (schema.pattern ? new RegExp(schema.pattern, 'u').test(text) : schema.format === 'uri' || schema['x-portcullis-format'] === 'url' ? URL.canParse(text) : true));
      if (fitting.length && fitting.length < TEXTS.length && below(4)) return pick(fitting);
      if (below(3) === 0 || schema.pattern) return pick(TEXTS);
      const min = schema['x-portcullis-min-length'] ?? schema.minLength ?? 0;
      const max = schema.maxLength ?? min + 4;
      return fill(Math.max(0, around(pick([min, max]))));
    }
    case 'integer':
    case 'number': {
      const limits = [schema.minimum, schema.maximum, schema.exclusiveMinimum, schema.exclusiveMaximum, schema.multipleOf].filter((limit) => typeof limit === 'number' && Math.abs(limit) < 1e12);
      return below(2) && limits.length ? around(pick(limits)) : pick(NUMBERS);
    }
    case 'boolean': return random() < 0.5;
    case 'null': return null;
    case 'array': {
      const min = schema.minItems ?? 0;
      const max = Math.min(schema.maxItems ?? min + 2, min + 5);
      const count = Math.max(0, around(min + below(max - min + 1)));
      const prefix = schema.prefixItems ?? [];
      return Array.from({ length: count }, (_, at) => describe(prefix[at] ?? schema.items, root, depth + 1));
    }
    case 'object': {
      const value = {};
      for (const [name, field] of Object.entries(schema.properties ?? {})) {
        if (schema.required?.includes(name) || random() < 0.6) value[name] = describe(field, root, depth + 1);
      }
      const others = schema.additionalProperties;
      for (let more = below(3); more > 0 && !(others === false && below(4)); more -= 1) {
        const key = schema.propertyNames && below(4) ? describe(schema.propertyNames, root, depth + 1) : pick(['a', 'b', 'extra', 'n_x', '1', 'ab', 'xyz']);
        if (typeof key === 'string') value[key] = describe(typeof others === 'object' ? others : true, root, depth + 1);
      }
      return value;
    }
    default: return primitive();
  }
}

// A neighbour of a value: one thing in it is other, missing or more.
function disturb(value) {
  if (value === null || typeof value !== 'object' || below(4) === 0) return primitive();
  const changed = copy(value);
  const keys = Object.keys(changed);
  const key = keys.length ? pick(keys) : undefined;
  if (Array.isArray(changed)) {
    const kind = below(3);
    if (kind === 0 || key === undefined) changed.push(primitive());
    else if (kind === 1) changed.splice(Number(key), 1);
    else changed[key] = disturb(changed[key]);
    return changed;
  }
  const kind = below(4);
  if (kind === 0 || key === undefined) changed[pick(['extra', 'a', 'b', 'c'])] = primitive();
  else if (kind === 1) delete changed[key];
  else changed[key] = disturb(changed[key]);
  return changed;
}

function validator(schema, withLengths) {
  const ajv = new Ajv({ strict: false, allErrors: false, validateFormats: false });
  if (withLengths) {
    ajv.addKeyword({ keyword: 'x-portcullis-min-length', type: 'string', validate: (limit, text) => text.length >= limit });
  }
  return ajv.compile(schema);
}

const notes = (value) => (value && typeof value === 'object'
  ? Object.entries(value).flatMap(([key, inner]) => (key === 'x-portcullis-approximate' ? inner : key === 'x-portcullis-type' ? [`type ${inner}`] : notes(inner)))
  : []);

const rows = [];
for (const [group, schemas] of Object.entries(groups)) {
  const module = await import(pathToFileURL(join(folder, `${group}.js`)).href);
  for (const [name, schema] of Object.entries(schemas)) {
    seed(`${group}.${name}`);
    const zod = module[name];
    const standard = validator(schema, false);
    const extended = validator(schema, true);
    let own = null;
    if (group !== 'zod3') {
      try { own = z.toJSONSchema(zod, { io: 'input', unrepresentable: 'any' }); } catch { own = null; }
    }
    const values = [...TEXTS, ...NUMBERS, ...OTHERS];
    for (let round = 0; round < ROUNDS; round += 1) {
      const source = own && below(2) ? own : schema;
      const value = describe(source, source);
      values.push(value, disturb(value));
    }
    const row = { name: `${group}.${name}`, approximate: [...new Set(notes(schema))], values: 0, accepted: 0, rejected: 0, refused: 0, stricter: [], wider: [], own: own !== null };
    // Versions of Zod count characters of two units differently; what is exact is so apart from them.
    const isLong = (value) => /[\ud800-\udfff]/.test(JSON.stringify(value));
    for (const made of values) {
      const value = copy(made);
      if (value === undefined) continue;
      let verdict;
      const call = typeof zod.safeParse === 'function' ? (given) => zod.safeParse(given) : (given) => z.safeParse(zod, given);
      try { verdict = call(copy(value)).success; } catch { continue; }
      row.values += 1;
      if (verdict) {
        row.accepted += 1;
        if (!standard(value) || !extended(value)) { if (row.stricter.length < 3) row.stricter.push(value); }
      } else {
        row.rejected += 1;

        if (!extended(value)) row.refused += 1;
        else if (!isLong(value) && row.wider.length < 3) row.wider.push(value);
      }
    }
    rows.push(row);
  }
}
process.stdout.write(JSON.stringify({ zod: JSON.parse(readFileSync(join(folder, 'node_modules/zod/package.json'), 'utf8')).version, rows }));
