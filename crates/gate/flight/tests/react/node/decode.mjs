// Reads {version, form, type, body} a line, and prints what React's decoder makes of each: {value, shared} or {error}.
// `value` is tagged JSON; `shared` says which objects stand at several places. Run with --conditions=react-server.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { server } from './react.mjs';

const require = createRequire(import.meta.url);
const busboy = require('busboy');

const functions = new Map();
// An action without its module: a function that React itself has registered.
const modules = (key) => functions.get(key);
Object.assign(globalThis, { __webpack_require__: modules, __next_require__: modules });

function manifest(version) {
  return new Proxy({}, {
    get(_, id) {
      if (typeof id !== 'string' || !/^[0-9a-f]{40,42}$/.test(id)) return undefined;
      const key = `${version} ${id}`;
      if (!functions.has(key)) {
        const action = server(version).registerServerReference(async () => {}, id, null);
        functions.set(key, { action });
      }
      return { id: key, name: 'action', chunks: [] };
    },
  });
}

// A timer of its own keeps the process alive while it waits for what never comes.
async function soon(promise) {
  let timer;
  const late = new Promise((_, fail) => { timer = setTimeout(() => fail(new Error('HANG')), 1500); });
  try { return await Promise.race([promise, late]); } finally { clearTimeout(timer); }
}

class Tagger {
  numbers = new Map();
  places = [];
  around = [];
  drained = new Map();
  async tag(value) {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (value === undefined) return { $type: 'undefined' };
    if (typeof value === 'number') {
      if (Number.isNaN(value)) return { $type: 'nan' };
      if (!Number.isFinite(value)) return { $type: value > 0 ? 'infinity' : '-infinity' };
      return Object.is(value, -0) ? { $type: '-0' } : value;
    }
    if (typeof value === 'bigint') return { $type: 'bigint', value: String(value) };
    if (typeof value === 'symbol') return { $type: 'symbol', description: value.description };
    if (value instanceof Date) return { $type: 'date', value: value.toISOString() };
    const number = this.numbers.get(value);
    const plainFunction = typeof value === 'function';
    if (number !== undefined) this.places.push(plainFunction ? -1 : number); else { this.numbers.set(value, this.numbers.size); this.places.push(plainFunction ? -1 : this.numbers.size - 1); }
    if (this.around.includes(value)) return { $type: 'ref' };
    // What yields its values once yields none at a second place.
    if (this.drained.has(value)) return this.drained.get(value);
    this.around.push(value);
    const tagged = await this.object(value);
    this.around.pop();
    if (/stream|iter/.test(tagged.$type)) this.drained.set(value, tagged);
    return tagged;
  }
  async list(values) { const tagged = []; for (const value of values) tagged.push(await this.tag(value)); return tagged; }
  async pairs(pairs) { const tagged = []; for (const [key, value] of pairs) tagged.push([await this.tag(key), await this.tag(value)]); return tagged; }
  async object(value) {
    if (typeof value === 'function') {
      if (value.$$typeof === Symbol.for('react.server.reference')) {
        return { $type: 'server_reference', id: value.$$id, bound: await this.list((await soon(value.$$bound)) ?? []) };
      }
      return { $type: value.$$typeof === Symbol.for('react.temporary.reference') ? 'temporary_reference' : 'function' };
    }
    if (Array.isArray(value)) {
      const length = value.length; const tagged = [];
      for (let index = 0; index < length; index++) tagged.push(await this.tag(value[index]));
      return tagged;
    }
    if (value instanceof ArrayBuffer) return { $type: 'ArrayBuffer', base64: Buffer.from(value).toString('base64') };
    if (ArrayBuffer.isView(value)) {
      return { $type: value.constructor.name, base64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
    }
    if (value instanceof Blob) {
      return { $type: 'file', name: value.name, mime: value.type, base64: Buffer.from(await value.arrayBuffer()).toString('base64') };
    }
    if (value instanceof FormData) {
      const entries = []; for (const [key, entry] of value) entries.push([key, await this.tag(entry)]);
      return { $type: 'formdata', entries };
    }
    if (value instanceof Map) return { $type: 'map', entries: await this.pairs(value) };
    if (value instanceof Set) return { $type: 'set', values: await this.list(value) };
    if (value instanceof ReadableStream) return this.stream(value);
    if (typeof value.then === 'function') return { $type: 'promise', value: await this.tag(await soon(value)) };
    if (typeof value[Symbol.asyncIterator] === 'function') {
      const name = typeof value.next === 'function' ? 'async_iterator' : 'async_iterable';
      const iterator = value[Symbol.asyncIterator](); const values = [];
      for (;;) {
        const step = await soon(iterator.next());
        if (step.done) return { $type: name, values, return: await this.tag(step.value) };
        values.push(await this.tag(step.value));
      }
    }
    if (typeof value[Symbol.iterator] === 'function') return { $type: 'iterator', values: await this.list([...value]) };
    const keys = Object.keys(value); const entries = [];
    for (const key of keys) entries.push([key, await this.tag(value[key])]);
    if (keys.includes('$type') || keys.includes('__proto__')) return { $type: 'object', entries };
    return Object.fromEntries(entries);
  }
  async stream(stream) {
    let bytes = true;
    try { stream.getReader({ mode: 'byob' }).releaseLock(); } catch { bytes = false; }
    const reader = stream.getReader(); const chunks = [];
    for (;;) {
      const step = await soon(reader.read());
      if (step.done) break;
      chunks.push(step.value);
    }
    if (bytes) return { $type: 'readable_stream', bytes, base64: Buffer.concat(chunks).toString('base64') };
    return { $type: 'readable_stream', bytes, chunks: await this.list(chunks) };
  }
}

async function decode(job) {
  const { decodeReply, decodeReplyFromBusboy, decodeAction, createTemporaryReferenceSet } = server(job.version);
  const body = Buffer.from(job.body, 'base64');
  const ids = manifest(job.version);
  if (job.form) {
    const form = await new Response(body, { headers: { 'content-type': job.type } }).formData();
    const action = await soon(decodeAction(form, ids));
    // The bound arguments, and the form data behind them.
    return soon(action.$$bound);
  }
  // There are none in Next.js 14.
  const options = createTemporaryReferenceSet && { temporaryReferences: createTemporaryReferenceSet() };
  if (!job.type.startsWith('multipart/')) return soon(decodeReply(body.toString('utf8'), ids, options));
  const parser = busboy({ defParamCharset: 'utf8', headers: { 'content-type': job.type } });
  const reply = decodeReplyFromBusboy(parser, ids, options);
  const failed = new Promise((_, fail) => parser.on('error', fail));
  failed.catch(() => {});
  Readable.from([body]).pipe(parser);
  return soon(Promise.race([reply, failed]));
}

process.on('unhandledRejection', () => {});
process.on('uncaughtException', () => {});
for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const value = await decode(JSON.parse(line));
    const tagger = new Tagger();
    const tagged = await tagger.list(value);
    answer = { value: tagged, shared: tagger.places.join(' ') };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
