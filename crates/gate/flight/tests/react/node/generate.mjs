// Prints bodies that React's own encoder writes for made-up arguments: one JSON object a line.
// usage: generate.mjs COUNT SEED
import { client as load } from './react.mjs';

const [count, seed] = process.argv.slice(2).map(Number);
const ID = '40aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
const VERSIONS = [['19.3.1', 'r19c'], ['19.2.9', 'r19c'], ['19.2.4', 'r19b'], ['19.0.0', 'r19a'],
  ['next-16.4.6', 'r19c'], ['next-15.5.29', 'r19c'], ['next-14.2.35', 'r18'], ['next-14.2.33', 'r18a']];

globalThis.__webpack_require__ = () => ({});
globalThis.__webpack_chunk_load__ = () => Promise.resolve();
const clients = VERSIONS.map(([version, dialect]) => ({ dialect, client: load(version) }));

let state = (seed * 2654435761) >>> 0 || 1;
const random = (below) => {
  state ^= state << 13; state >>>= 0; state ^= state >>> 17; state ^= state << 5; state >>>= 0;
  return state % below;
};
const pick = (list) => list[random(list.length)];
const STRINGS = ['', '$', '$$', '$1', '$@0', 'plain', 'é中😀', '\u2028"\\\n', '__proto_', 'a:b', '\ud800x', '\u0000', 'x'.repeat(1100)];
const KEYS = ['a', 'b', '', '$x', 'a:b', '0', '1', 'length', 'toString', 'valueOf', 'é', 'status', '\ud800'];
const VIEWS = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array,
  Float64Array, BigInt64Array, BigUint64Array, DataView];

function make(client) {
  const made = [];
  let forms = 0;
  // What Next.js 14 cannot send.
  const old = client.createTemporaryReferenceSet === undefined;
  // The encoder does not end on a cycle below a key with a colon.
  const cycles = !old && random(4) === 0;
  const keys = cycles ? KEYS.filter((key) => !key.includes(':')) : KEYS;
  const keep = (value) => { made.push(value); return value; };
  const values = (depth, most) => Array.from({ length: random(most) }, () => value(depth));
  const stream = (depth) => {
    const chunks = values(depth, 3);
    return new ReadableStream({ start(controller) { chunks.forEach((chunk) => controller.enqueue(chunk)); controller.close(); } });
  };
  const iterable = (depth, once) => {
    const chunks = values(depth, 3);
    const last = random(2) ? value(depth) : undefined;
    const iterate = async function* () { yield* chunks; return last; };
    return once ? iterate() : { [Symbol.asyncIterator]: iterate };
  };
  function value(depth) {
    if (made.length && random(6) === 0) return pick(made);
    const kind = random(depth > 0 ? 30 : 12);
    if (old && [11, 22, 25, 26, 27].includes(kind)) return Symbol.for(pick(STRINGS));
    switch (kind) {
      case 0: return null;
      case 1: return undefined;
      case 2: return random(2) === 0;
      case 3: return pick([0, -0, 1.5, -7, 1e21, 1e-7, NaN, Infinity, -Infinity, 2 ** 53, 5e-324]);
      case 4: return BigInt(pick(['0', '-5', '123456789012345678901234567890']));
      case 5: return new Date(pick([0, 1709210096789, -62167219200001, 8640000000000000, -8640000000000000]));
      case 6: case 7: case 8: return pick(STRINGS);
      case 9: return random(1000);
      case 10: return `text ${random(100)}`;
      case 11: return keep(new File([new Uint8Array(random(40))], pick(['f.txt', 'é.bin', 'in/a/folder.txt']), { type: pick(['text/plain', 'image/png', '']) }));
      case 12: case 13: case 14: return keep(values(depth - 1, 4));
      case 15: case 16: case 17: case 18: {
        const object = {};
        if (cycles) keep(object);
        for (let left = random(4); left > 0; left--) object[pick(keys)] = value(depth - 1);
        return cycles ? object : keep(object);
      }
      case 19: case 20: return keep(new Map(values(depth - 1, 4).map((entry, index) => [random(3) ? `k${index}` : entry, entry])));
      case 21: return keep(new Set(values(depth - 1, 4).map((entry) => Object.is(entry, -0) ? 0 : entry)));
      case 22: return keep(values(depth - 1, 3)[Symbol.iterator]());
      case 23: {
        if (forms++ > 1) return null;
        const form = keep(new FormData());
        for (let left = random(4); left > 0; left--) form.append(pick(['a', '_1_b', 'é', '0', 'a b']), pick(['x', '$1', 'line', new Blob(['b'], { type: 'text/x' })]));
        return form;
      }
      case 24: return keep(Promise.resolve(value(depth - 1)));
      case 25: return keep(random(2) ? stream(depth - 1) : iterable(depth - 1, random(2)));
      case 26: case 27: {
        const bytes = new Uint8Array(8 * random(4)).map(() => random(256));
        return keep(random(4) ? new (pick(VIEWS))(bytes.buffer) : bytes.buffer);
      }
      case 28: {
        const action = client.createServerReference(ID, () => {});
        return keep(old || random(2) ? action : action.bind(null, ...values(depth - 1, 3)));
      }
      default: return keep(Symbol.for('temporary'));
    }
  }
  return Array.from({ length: 1 + random(4) }, () => value(4));
}

const lines = [];
for (let number = 0; number < count; number++) {
  const { dialect, client } = pick(clients);
  let body;
  try {
    const options = { temporaryReferences: client.createTemporaryReferenceSet?.() };
    body = await client.encodeReply(make(client), options);
  } catch { continue; }
  const response = new Response(body);
  const bytes = Buffer.from(await response.arrayBuffer());
  // As the browser's fetch says it.
  const type = typeof body === 'string' ? 'text/plain;charset=UTF-8' : response.headers.get('content-type');
  lines.push(JSON.stringify({ dialect, type, body: bytes.toString('base64') }));
}
process.stdout.write(lines.join('\n') + '\n');
