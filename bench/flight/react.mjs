// Nanoseconds that React's decoder takes for each body beside this file, the best of some rounds.
import { createRequire } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';
import { Readable } from 'node:stream';

const require = createRequire(import.meta.url);
const busboy = require('busboy');
globalThis.__webpack_require__ = () => ({});
globalThis.__webpack_chunk_load__ = () => Promise.resolve();
const { decodeReply, decodeReplyFromBusboy, createTemporaryReferenceSet } =
  require('./node_modules/react-19.3.1/cjs/react-server-dom-webpack-server.node.production.js');
const BOUNDARY = '----WebKitFormBoundary0123456789abcdef';

async function measure(run) {
  for (let count = 0; count < 3000; count++) await run();
  let best = Infinity;
  // Short ones, so that some of them are not interrupted on a machine that others use.
  for (let round = 0; round < 400; round++) {
    const started = process.hrtime.bigint();
    for (let count = 0; count < 30; count++) await run();
    best = Math.min(best, Number(process.hrtime.bigint() - started) / 30);
  }
  return best;
}

const line = (name, bytes, parse, decode) =>
  console.log(name.padEnd(14), String(bytes).padStart(8), parse.padStart(12), decode.toFixed(0).padStart(12));
console.log('body'.padEnd(14), 'bytes'.padStart(8), 'JSON.parse'.padStart(12), 'React 19.3.1'.padStart(12));
for (const file of readdirSync('.').filter((name) => /\.(txt|multipart)$/.test(name)).sort()) {
  const body = readFileSync(file);
  const temporaryReferences = () => ({ temporaryReferences: createTemporaryReferenceSet() });
  if (file.endsWith('.txt')) {
    const parse = await measure(() => JSON.parse(body.toString('utf8')));
    const decode = await measure(() => decodeReply(body.toString('utf8'), {}, temporaryReferences()));
    line(file.replace('.txt', ''), body.length, parse.toFixed(0), decode);
  } else {
    const decode = await measure(async () => {
      const parser = busboy({ defParamCharset: 'utf8', headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` } });
      const reply = decodeReplyFromBusboy(parser, {}, temporaryReferences());
      Readable.from([body]).pipe(parser);
      await reply;
    });
    line(file.replace('.multipart', ''), body.length, '-', decode);
  }
}
