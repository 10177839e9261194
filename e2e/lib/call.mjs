// Calls actions as a program would: ids from the build, bodies by React's own encoder, requests with exactly the headers
// that are asked for.

import { createRequire } from 'node:module';
import { request } from 'node:http';
import { join } from 'node:path';

/** React's encoder of arguments, in the version that the application has. */
export function encoder(folder) {
  globalThis.__webpack_require__ ??= Object.assign(() => ({}), { u: String });
  const require = createRequire(join(folder, 'package.json'));
  return require('next/dist/compiled/react-server-dom-webpack/client.browser').encodeReply;
}

/** A form's data. */
export function form(fields = {}) {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

/**
 * Calls an action.
 * - `action`: `file#export`, or an id of its own
 * - `args`: what the function is called with; `body` and `contentType` instead send bytes as they are
 * - `transport`: `fetch` as the client does it, or `form` as a page without scripts does: the last argument is its data
 * - `cookies`, `headers`: a header that is `null` is not sent
 */
export async function call(site, { action, args = [], transport = 'fetch', path = '/', cookies = {}, headers = {}, ...raw }) {
  const id = site.ids[action] ?? action;
  const { body, contentType } = raw.body !== undefined ? raw : await encode(site, id, args, transport);
  const bytes = Buffer.from(body);
  const all = {
    accept: transport === 'fetch' ? 'text/x-component' : 'text/html',
    'content-type': contentType,
    'content-length': bytes.length,
    origin: site.origin,
    'sec-fetch-site': 'same-origin',
    ...(transport === 'fetch' && { 'next-action': id }),
    ...(Object.keys(cookies).length > 0 && {
      cookie: Object.entries(cookies)
        .map(([name, value]) => `${name}=${value}`)
        .join('; '),
    }),
    ...headers,
  };
  for (const name of Object.keys(all)) if (all[name] === null) delete all[name];
  return send(site.origin, { method: 'POST', path, headers: all }, bytes);
}

async function encode(site, id, args, transport) {
  if (transport === 'fetch') return serialized(await encoder(site.folder)(args));
  const fields = args.at(-1);
  const bound = args.slice(0, -1);
  const data = new FormData();
  if (bound.length === 0) {
    data.append(`$ACTION_ID_${id}`, '');
  } else {
    data.append('$ACTION_REF_1', '');
    data.append('$ACTION_1:0', JSON.stringify({ id, bound: '$@1' }));
    data.append('$ACTION_1:1', JSON.stringify(bound));
  }
  for (const [name, value] of fields.entries()) data.append(name, value);
  return serialized(data);
}

async function serialized(body) {
  const packed = new Response(body);
  return { body: await packed.arrayBuffer(), contentType: packed.headers.get('content-type') };
}

/** Sends one request on a connection of its own, and reads the whole answer. */
export function send(origin, { method = 'GET', path = '/', headers = {} }, bytes) {
  return new Promise((resolve, reject) => {
    const url = new URL(origin);
    const options = { host: url.hostname, port: url.port, method, path, headers, agent: false, timeout: 20_000 };
    const sent = request(options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(reply(response, Buffer.concat(chunks).toString())));
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer to ${method} ${path} in 20 s`)));
    sent.on('error', reject);
    sent.end(bytes);
  });
}

function reply({ statusCode: status, headers }, text) {
  const error = /^[0-9a-f]+:E(\{.*\})$/m.exec(text);
  return { status, headers, text, digest: error ? JSON.parse(error[1]).digest : undefined };
}

/** An answer, for the message of a test that fails. */
export function show({ status, headers, text }) {
  const shown = ['location', 'x-action-redirect', 'content-type'].filter((name) => headers[name]);
  return [`status ${status}`, ...shown.map((name) => `${name}: ${headers[name]}`), text.slice(0, 600)].join('\n');
}
