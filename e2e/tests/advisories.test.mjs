// Releases of Next.js with advisories against them, from npm: what each advisory is about works against the release
// itself, shown by something harmless, and does not arrive at it behind guard.

import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import { call, send, show } from '../lib/call.mjs';
import { majors, old } from '../lib/next-app.mjs';
import { assertRefused } from '../lib/refusal.mjs';
import { openFixture, routes } from '../lib/site.mjs';

/** A call whose body has these parts, as an object or in their order. */
async function parts(site, action, fields, rest = {}) {
  const data = new FormData();
  const pairs = Array.isArray(fields) ? fields : Object.entries(fields);
  for (const [name, value] of pairs) data.append(name, value);
  const packed = new Response(data);
  const body = await packed.arrayBuffer();
  return call(site, { action, path: '/fetch', body, contentType: packed.headers.get('content-type'), ...rest });
}

/** The result of a call, as its stream has it. */
const result = (reply) => /^1:(.*)$/m.exec(reply.text)?.[1] ?? '';

const hostile = [
  {
    name: 'CVE-2025-55182: a reference that leaves own properties, through the constructor',
    send: (site) => parts(site, 'app/actions.js#echo', { 0: '["$1:constructor:name"]', 1: '{}' }),
    // What an object inherits has become an argument.
    worked: (reply) => assert.match(result(reply), /Object/, show(reply)),
  },
  {
    name: 'CVE-2025-55182: the same through the prototype',
    send: (site) => parts(site, 'app/actions.js#echo', { 0: '["$1:__proto__:constructor:name"]', 1: '{}' }),
    worked: (reply) => assert.match(result(reply), /Object/, show(reply)),
  },
  {
    name: 'CVE-2025-55183: a reference to an action where a text is expected',
    send: (site) => {
      const id = site.ids['app/actions.js#guarded'];
      // The tag is that of these releases; React writes the parts in this order.
      return parts(site, 'app/actions.js#leave', [['1', JSON.stringify({ id, bound: null })], ['0', '["$F1"]']]);
    },
    // The action has made a text of the function: its source is in the address.
    worked: (reply) => assert.match(decodeURIComponent(reply.headers['x-action-redirect'] ?? ''), /function|=>/, show(reply)),
  },
  {
    name: 'CVE-2025-55184: a promise of itself',
    send: (site) => Promise.race([parts(site, 'app/actions.js#echo', { 0: '"$@0"' }), pause(4_000, null)]).catch(() => null),
    // Nobody else is answered any more. It is the last, because the release is lost to it.
    async worked(_, site) {
      const other = await Promise.race([send(site.origin, { path: '/fetch' }).catch(() => null), pause(4_000, null)]);
      assert.equal(other, null, 'others are still answered');
    },
  },
];

for (const major of majors.filter((major) => major > 14)) {
  for (const route of routes) {
    describe(`the old ${major}, ${route}`, { timeout: 200_000 }, () => {
      let site;
      before(async () => {
        site = await openFixture(route, old(major), { records: true });
      });
      after(() => site?.stop());

      test('calls work', async () => {
        const reply = await call(site, { action: 'app/actions.js#echo', args: ['right'], path: '/fetch' });
        assert.match(result(reply), /right/, show(reply));
      });

      for (const { name, send: attack, worked } of hostile) {
        test(name, async () => {
          site.recorder?.take();
          const reply = await attack(site);
          if (route === 'direct') return worked(reply, site);
          assert.equal(site.recorder.take(), '', 'something arrived');
          assertRefused(site, reply, 'request.malformed');
        });
      }
    });
  }
}

for (const route of majors.includes(14) ? routes : []) {
  describe(`the old 14, ${route}`, { timeout: 200_000 }, () => {
    let site, listener, asked, elsewhere;
    before(async () => {
      site = await openFixture(route, old(14), { records: true });
      asked = [];
      listener = createServer((request, response) => {
        asked.push(request.url);
        response.setHeader('content-type', 'text/x-component').end('0:"from elsewhere"\n');
      });
      await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
      elsewhere = `127.0.0.1:${listener.address().port}`;
    });
    after(async () => {
      listener?.close();
      listener?.closeAllConnections();
      await site?.stop();
    });

    test('CVE-2025-29927: a header that makes the middleware believe that it has run', async () => {
      const plain = await send(site.origin, { path: '/private' });
      assert.equal(plain.status, 307);
      site.recorder?.take();
      const headers = { 'x-middleware-subrequest': Array(5).fill('middleware').join(':') };
      const reply = await send(site.origin, { path: '/private', headers });
      if (route === 'direct') {
        assert.equal(reply.status, 200);
        assert.match(reply.text, /for members only/);
        return;
      }
      assert.equal(reply.status, 307, show(reply));
      assert.doesNotMatch(reply.text, /for members only/);
      assert.doesNotMatch(site.recorder.take(), /x-middleware-subrequest/i);
    });

    // This release writes no names into its list: an id is the hash of the place.
    const leave = () => createHash('sha1').update(`${site.folder}/app/actions.js:leave`).digest('hex');
    const redirected = (headers) => call(site, { action: leave(), args: ['x'], path: '/fetch', headers });

    test('CVE-2024-34351: a host from which the redirect of an action is fetched', async () => {
      site.recorder?.take();
      const reply = await redirected({ host: elsewhere, origin: `http://${elsewhere}` });
      if (route === 'direct') {
        assert.ok(asked.includes('/landed?by=x'), 'nothing was fetched');
        assert.match(reply.text, /from elsewhere/);
        return;
      }
      assert.equal(Math.trunc(reply.status / 100), 4, show(reply));
      assert.equal(site.recorder.take(), '');
      assert.deepEqual(asked, []);
    });

    test('the same by a header that only proxies write', { skip: route === 'direct' }, async () => {
      site.recorder.take();
      const reply = await redirected({ 'x-forwarded-host': elsewhere, forwarded: `host=${elsewhere}` });
      assert.equal(reply.status, 303, show(reply));
      assert.ok(!site.recorder.take().includes(elsewhere));
      assert.deepEqual(asked, []);
    });
  });
}
