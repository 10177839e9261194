// What visitors, attackers and bad lines do, each as one function that fails when it does not end as it should.

import { strict as assert } from 'node:assert';
import { Agent, request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { encoder } from '../../e2e/lib/call.mjs';

/** The kinds of traffic, each with how often it comes. */
export function traffic({ origin, folder, ids, session, items }) {
  const { hostname, port, host } = new URL(origin);
  const encode = encoder(folder);
  const assets = [];
  // Like browsers: a few visitors with an address and kept connections each, who go after a while and are replaced.
  const visitors = Array.from({ length: 24 }, visitor);
  function visitor() {
    return {
      localAddress: `127.0.${randomInt(0, 8)}.${randomInt(2, 250)}`,
      agent: new Agent({ keepAlive: true, maxSockets: 6, timeout: 15_000 }),
      left: randomInt(20, 200),
    };
  }
  function someone() {
    const place = randomInt(visitors.length);
    if (--visitors[place].left < 0) {
      // What is under way with it ends first.
      const { agent } = visitors[place];
      setTimeout(() => agent.destroy(), 30_000).unref();
      visitors[place] = visitor();
    }
    return visitors[place];
  }

  function ask({ method = 'GET', path = '/', headers = {}, body, slow = false, who = someone() }) {
    return new Promise((resolve, reject) => {
      const { agent, localAddress } = who;
      const sent = request({ hostname, port, method, path, headers, agent, localAddress, timeout: 60_000 }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => {
          chunks.push(chunk);
          if (!slow) return;
          response.pause();
          setTimeout(() => response.resume(), 200);
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() }),
        );
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer to ${method} ${path}`)));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  async function get(path, status = 200, headers = {}) {
    const answer = await ask({ path, headers });
    assert.equal(answer.status, status, path);
    return answer;
  }

  async function call(name, args, { status = 200, code, headers = {}, body, path = '/fetch' } = {}) {
    const id = ids[`app/actions.js#${name}`] ?? name;
    const packed = new Response(body ?? (await encode(args)));
    const bytes = Buffer.from(await packed.arrayBuffer());
    const all = {
      accept: 'text/x-component',
      'content-type': packed.headers.get('content-type'),
      'content-length': bytes.length,
      origin,
      'next-action': id,
      ...headers,
    };
    const answer = await ask({ method: 'POST', path, headers: all, body: bytes });
    assert.equal(answer.status, status, `${name}: ${answer.text.slice(0, 200)}`);
    if (code) assert.match(answer.text, new RegExp(`"digest":"${code}"`));
    return answer;
  }

  const signedIn = { cookie: `soak_session=${session}` };
  const mine = () => items[randomInt(items.length)];
  const unique = () => randomBytes(8).toString('hex');

  /** A connection by hand: what is sent on it, and then whatever `go` does. */
  async function raw(head, go) {
    const socket = connect({ host: hostname, port, localAddress: someone().localAddress });
    socket.on('error', () => {});
    await once(socket, 'connect');
    if (head) socket.write(head);
    // Waiting for bytes of a connection that has ended would never end.
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error('nothing more came')), 70_000).unref());
    late.catch(() => {});
    try {
      return await Promise.race([go(socket), late]);
    } finally {
      socket.destroy();
    }
  }
  const untilClosed = (socket) =>
    new Promise((resolve, reject) => {
      let text = '';
      const timer = setTimeout(() => reject(new Error(`still open after 60 s: ${text.slice(0, 100)}`)), 60_000);
      socket.on('data', (chunk) => (text += chunk));
      socket.on('close', () => (clearTimeout(timer), resolve(text)));
    });

  const kinds = {
    page: [20, () => get(['/', '/fetch', '/forms', '/linked/1', '/upload', '/landed?by=soak'][randomInt(6)])],
    'missing page': [2, () => get('/nowhere', 404)],
    asset: [
      20,
      async () => {
        if (assets.length === 0) {
          const { text } = await get('/fetch');
          assets.push(...new Set(text.match(/\/_next\/static\/[\w./~-]+\.js/g)));
          assert.ok(assets.length > 0);
        }
        await get(assets[randomInt(assets.length)]);
      },
    ],
    // Next.js redirects to the address with the digest of these headers.
    prefetch: [5, () => get('/linked/2?_rsc=soak', 307, { rsc: '1', 'next-router-prefetch': '1' })],
    'action, small': [8, () => call('echo', [unique(), { list: [1, 2, new Date(0)] }])],
    'action, 100 KB': [2, () => call('echo', [unique().repeat(6_000)])],
    'action, all gates': [10, () => call('swallow', [mine(), unique()], { headers: signedIn })],
    'action, form data': [3, () => call('echo', [Object.assign(new FormData()), unique()])],
    'action that throws': [2, () => call('refuse', [], { status: 500 })],
    'refused: no session': [3, () => call('swallow', [mine(), unique()], { status: 401, code: 'session.required' })],
    'refused: origin': [
      3,
      () => call('echo', ['x'], { status: 403, code: 'origin.foreign', headers: { origin: 'https://evil.example' } }),
    ],
    'refused: owner': [3, () => call('swallow', ['of-others', unique()], { status: 404, code: 'not-found', headers: signedIn })],
    'refused: schema': [3, () => call('swallow', [mine(), 7], { status: 422, code: 'schema.invalid', headers: signedIn })],
    'refused: grammar': [
      3,
      () => call('echo', [], { status: 400, code: 'request.malformed', body: '["$1:__proto__:then"]' }),
    ],
    'refused: size': [1, () => call('echo', ['x'.repeat(1_500_000)], { status: 413 }).catch(ignoreReset)],
    'refused: unknown action': [2, () => call('40'.padEnd(42, '0'), [], { status: 409 })],
    'refused: twice': [
      3,
      async () => {
        const args = [mine(), unique()];
        await call('swallow', args, { headers: signedIn });
        await call('swallow', args, { status: 409, code: 'replay.spent', headers: signedIn });
      },
    ],
    'idempotency key': [
      2,
      async () => {
        const headers = { ...signedIn, 'idempotency-key': unique() };
        const args = [mine(), unique()];
        await call('swallow', args, { headers });
        await call('swallow', args, { headers });
      },
    ],
    'refused: rate': [
      3,
      async () => {
        const answer = await call('note', ['x']).catch((error) => error);
        if (answer instanceof Error) assert.match(answer.message, /rate\.limited/);
      },
    ],
    form: [
      4,
      async () => {
        const data = new FormData();
        data.append(`$ACTION_ID_${ids['app/actions.js#leaveForm']}`, '');
        const packed = new Response(data);
        const body = Buffer.from(await packed.arrayBuffer());
        const headers = { 'content-type': packed.headers.get('content-type'), 'content-length': body.length, origin };
        const answer = await ask({ method: 'POST', path: '/forms', headers, body });
        assert.equal(answer.status, 303);
      },
    ],
    file: [
      2,
      async () => {
        const data = new FormData();
        data.append('files', new File([randomBytes(200_000)], 'bytes.bin'));
        data.append('title', unique());
        await call('receive', ['', data], { path: '/upload' });
      },
    ],
    'stream, to its end': [
      3,
      async () => {
        const key = unique();
        const answer = ask({ path: `/stream?key=${key}` });
        answer.catch(() => {});
        await pause(randomInt(100, 3_000));
        await get(`/release?key=${key}`);
        assert.match((await answer).text, /data-testid="second"/);
      },
    ],
    'stream, left half-way': [
      3,
      async () => {
        const key = unique();
        const path = ['/stream', '/events'][randomInt(2)];
        await raw(`GET ${path}?key=${key} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, (socket) => once(socket, 'data'));
        await get(`/release?key=${key}`);
      },
    ],
    'server-sent events': [
      2,
      async () => {
        const key = unique();
        const answer = ask({ path: `/events?key=${key}` });
        answer.catch(() => {});
        await pause(randomInt(100, 8_000));
        await get(`/release?key=${key}`);
        assert.equal((await answer).text, 'data: first\n\ndata: second\n\n');
      },
    ],
    'upgrade, allowed': [
      2,
      () =>
        raw(
          `GET /socket/echo HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`,
          async (socket) => {
            const [head] = await once(socket, 'data');
            assert.match(String(head), /^HTTP\/1.1 101/);
            for (let turn = 0; turn < 5; turn++) {
              socket.write(`turn ${turn}`);
              assert.equal(String((await once(socket, 'data'))[0]), `turn ${turn}`);
              await pause(randomInt(500));
            }
          },
        ),
    ],
    'upgrade, refused': [
      1,
      async () => {
        const head = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
        await raw(head, async (socket) => assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1.1 4/));
      },
    ],
    'body cut off': [
      4,
      () => {
        const action = randomInt(2) ? `next-action: ${ids['app/actions.js#echo']}\r\norigin: ${origin}\r\n` : '';
        const head = `POST /fetch HTTP/1.1\r\nHost: ${host}\r\ncontent-type: text/plain;charset=UTF-8\r\n${action}`;
        return raw(`${head}content-length: 20000\r\n\r\n["xxxx`, () => pause(randomInt(300)));
      },
    ],
    'answer cut off': [
      3,
      () => raw(`GET ${assets[0] ?? '/'} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, (socket) => once(socket, 'data')),
    ],
    'body too slow': [
      2,
      () => {
        const head = `POST /fetch HTTP/1.1\r\nHost: ${host}\r\norigin: ${origin}\r\ncontent-length: 9000\r\n`;
        const action = `content-type: text/plain;charset=UTF-8\r\nnext-action: ${ids['app/actions.js#echo']}\r\n\r\n[`;
        return raw(head + action, async (socket) => assert.match(await untilClosed(socket), /^HTTP\/1.1 408/));
      },
    ],
    'head too slow': [2, () => raw('GET / HTTP/1.1\r\nHo', untilClosed)],
    'nothing sent': [2, () => raw('', untilClosed)],
    'answer read slowly': [2, () => ask({ path: assets[randomInt(assets.length || 1)] ?? '/', slow: true })],
    smuggling: [
      2,
      async () => {
        const head = `POST / HTTP/1.1\r\nHost: ${host}\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`;
        await raw(head, async (socket) => assert.match(await untilClosed(socket), /^HTTP\/1.1 4/));
      },
    ],
    'HTTP/2': [
      3,
      async () => {
        const client = connectHttp2(origin);
        client.on('error', () => {});
        const answers = ['/', '/fetch', '/forms'].map(async (path) => {
          const stream = client.request({ ':path': path, ':authority': host });
          stream.resume();
          const [headers] = await once(stream, 'response');
          assert.equal(headers[':status'], 200);
          if (stream.closed) return;
          await once(stream, 'close');
        });
        await Promise.all(answers).finally(() => client.destroy());
      },
    ],
  };

  function ignoreReset(error) {
    if (!['ECONNRESET', 'EPIPE'].includes(error.code)) throw error;
  }

  const wheel = Object.entries(kinds).flatMap(([name, [often]]) => Array(often).fill(name));
  return {
    one: () => {
      const name = wheel[randomInt(wheel.length)];
      return { name, done: kinds[name][1]() };
    },
    stop: () => visitors.forEach(({ agent }) => agent.destroy()),
  };
}
