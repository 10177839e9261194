// Another proxy in front, which asks guard: nginx with the lines of docs/guard.md, and what Traefik and Envoy send.

import { strict as assert } from 'node:assert';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { call, send } from '../lib/call.mjs';
import { startGuard } from '../lib/guard.mjs';
import { actionIds, build, fixture, majors, root, serve, work } from '../lib/next-app.mjs';
import { startNginx, without } from '../lib/others.mjs';
import { freePort } from '../lib/process.mjs';
import { sendRaw, startRecorder } from '../lib/recorder.mjs';
import { routes } from '../lib/site.mjs';

describe('guard is asked', { timeout: 200_000, skip: !routes.includes('guard') }, () => {
  let folder, app, recorder, port, publicOrigin;
  const guards = {};
  before(async () => {
    folder = await build(fixture(majors.at(-1)));
    mkdirSync(work, { recursive: true });
    app = await serve(folder, { name: 'asked' });
    recorder = await startRecorder(app.port);
    port = await freePort();
    publicOrigin = `http://127.0.0.1:${port}`;
    const upstream = `http://127.0.0.1:${recorder.port}`;
    // Each proxy says in headers of its own what it asks about, so each has a guard that knows them.
    for (const proxy of ['nginx', 'traefik', 'envoy']) {
      const [asked, own] = [await freePort(), await freePort()];
      const more = `forward-auth = "127.0.0.1:${asked}"\nforward-auth-proxy = "${proxy}"\ntrusted-proxies = ["127.0.0.1/32"]`;
      const state = mkdtempSync(join(work, 'state-'));
      const guard = await startGuard({ port: own, publicOrigin, upstream, folder, state, policy: 'fixture', more });
      guards[proxy] = { guard, state, ask: `http://127.0.0.1:${asked}` };
    }
  });
  after(async () => {
    for (const { guard } of Object.values(guards)) await guard.stop();
    await recorder?.stop();
    await app?.stop();
  });

  describe('by nginx', { skip: without('nginx') }, () => {
    let nginx, site;
    before(async () => {
      const docs = readFileSync(join(root, 'docs/guard.md'), 'utf8');
      const lines = /```nginx\n([\s\S]*?)```/.exec(docs)[1];
      const server = lines.replace('http://127.0.0.1:9092', guards.nginx.ask);
      assert.notEqual(server, lines);
      const http = `upstream app { server 127.0.0.1:${recorder.port}; }`;
      nginx = await startNginx({ port, state: guards.nginx.state, http, server });
      site = { origin: nginx.origin, folder, ids: actionIds(folder) };
    });
    after(() => nginx?.stop());

    test('pages pass', async () => {
      recorder.take();
      const reply = await send(nginx.origin, { path: '/fetch' });
      assert.equal(reply.status, 200);
      assert.match(reply.text, /Calls/);
      assert.match(recorder.take(), /^GET \/fetch HTTP/);
    });

    test('a call of an action is refused, because its body is not seen', async () => {
      recorder.take();
      const reply = await call(site, { action: 'app/actions.js#echo', args: ['x'], path: '/fetch' });
      assert.equal(reply.status, 403);
      const form = await call(site, { action: 'app/actions.js#noteForm', args: [new FormData()], transport: 'form', path: '/forms' });
      assert.equal(form.status, 403);
      assert.equal(recorder.take(), '');
    });

    test('what the edge refuses does not arrive', async () => {
      for (const [what, bytes] of [
        ['a path with two readings', `GET /a/..%2ffetch HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`],
        ['a foreign host', `GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`],
      ]) {
        recorder.take();
        assert.match(await sendRaw(port, bytes), /^HTTP\/1\.1 4\d\d /, what);
        assert.equal(recorder.take(), '', what);
      }
    });

    test('pages of the application that are missing are its own', async () => {
      assert.equal((await send(nginx.origin, { path: '/nowhere' })).status, 404);
    });
  });

  // What these send to the address that they ask is in their documentation; they themselves are no Debian packages.
  const forwarded = (method, uri, host) => ({
    'x-forwarded-method': method,
    'x-forwarded-proto': 'http',
    'x-forwarded-host': host,
    'x-forwarded-uri': uri,
    'x-forwarded-for': '203.0.113.7',
  });

  test('as Traefik asks', async () => {
    const { ask } = guards.traefik;
    const host = new URL(publicOrigin).host;
    assert.equal((await send(ask, { headers: forwarded('GET', '/fetch', host) })).status, 204);
    for (const [headers, code] of [
      [forwarded('GET', '/a/..%2ffetch', host), 'edge.path'],
      [forwarded('GET', '/fetch', 'evil.example'), 'edge.host-unknown'],
      [{ ...forwarded('POST', '/fetch', host), 'next-action': '40'.padEnd(42, 'a') }, 'edge.needs-body'],
      // What a caller writes, and Traefik passes on.
      [{ ...forwarded('POST', '/fetch', host), 'next-action': '40'.padEnd(42, 'a'), 'x-original-method': 'GET', 'x-original-uri': '/' }, 'edge.needs-body'],
    ]) {
      const reply = await send(ask, { headers });
      assert.deepEqual([reply.status, reply.headers['x-portcullis-code']], [403, code]);
    }
  });

  test('as Envoy asks', async () => {
    // Envoy sends the request's own method, path and host.
    const { ask } = guards.envoy;
    const host = new URL(publicOrigin).host;
    assert.equal((await send(ask, { path: '/fetch', headers: { host } })).status, 204);
    for (const [request, code] of [
      [{ path: '/a/..%2ffetch', headers: { host } }, 'edge.path'],
      [{ path: '/fetch', headers: { host: 'evil.example' } }, 'edge.host-unknown'],
      [{ path: '/fetch', method: 'POST', headers: { host, 'next-action': '40'.padEnd(42, 'a'), 'content-length': '0' } }, 'edge.needs-body'],
    ]) {
      const reply = await send(ask, request);
      assert.deepEqual([reply.status, reply.headers['x-portcullis-code']], [403, code]);
    }
  });
});
