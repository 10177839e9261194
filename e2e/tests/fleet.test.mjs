// Several guards: what they share through Redis, and that none of many requests is lost while they are restarted one
// after the other, behind nginx or on one port.

import { strict as assert } from 'node:assert';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { call, send, show } from '../lib/call.mjs';
import { startGuard } from '../lib/guard.mjs';
import { actionIds, build, fixture, majors, serve, work } from '../lib/next-app.mjs';
import { startNginx, startRedis, without } from '../lib/others.mjs';
import { freePort } from '../lib/process.mjs';
import { routes } from '../lib/site.mjs';

const state = () => {
  mkdirSync(work, { recursive: true });
  return mkdtempSync(join(work, 'state-'));
};

/** Asks `total` times over kept connections, and gives what was no answer of 200; `meanwhile` runs after a tenth. */
async function many(origin, total, meanwhile) {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const { hostname, port } = new URL(origin);
  const lost = [];
  let sent = 0;
  let restarted;
  const ask = (again) =>
    new Promise((resolve, reject) => {
      const asked = request({ hostname, port, agent, path: '/linked/1' }, (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () => resolve(response.statusCode));
      });
      // A kept connection may end while a request is on its way; a client asks again, once, on another.
      asked.on('error', (error) => (again && asked.reusedSocket ? ask(false).then(resolve, reject) : reject(error)));
      asked.end();
    });
  const one = async () => {
    while (sent < total) {
      sent += 1;
      if (sent === Math.ceil(total / 10)) restarted = meanwhile();
      const status = await ask(true).catch((error) => error.message);
      if (status !== 200) lost.push(status);
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
  await restarted;
  agent.destroy();
  return lost;
}

describe('several guards', { timeout: 300_000, skip: !routes.includes('guard') }, () => {
  let folder, app, ids;
  before(async () => {
    folder = await build(fixture(majors.at(-1)));
    app = await serve(folder, { name: 'fleet' });
    ids = actionIds(folder);
  });
  after(() => app?.stop());

  test('1,000 requests while another guard takes over the port: none is lost', async () => {
    const port = await freePort();
    const publicOrigin = `http://127.0.0.1:${port}`;
    const begin = () => startGuard({ port, publicOrigin, upstream: app.origin, folder, state: state(), policy: 'fixture' });
    const first = await begin();
    let second;
    try {
      const lost = await many(publicOrigin, 1_000, async () => {
        second = await begin();
        first.task.signal('SIGTERM');
        await first.task.ended;
      });
      assert.deepEqual(lost, []);
      assert.equal(await first.task.ended, 0, first.log());
      assert.ok(!second.task.exited);
    } finally {
      await first.stop();
      await second?.stop();
    }
  });

  describe('that share Redis, behind nginx', { skip: without('redis-server') || without('nginx') }, () => {
    let redis, nginx, guards, port, ports, publicOrigin, secret;
    const begin = (number) =>
      startGuard({
        port: ports[number],
        publicOrigin,
        upstream: app.origin,
        folder,
        state: guards[number].state,
        policy: 'shared',
        store: redis.url,
        secret,
        more: 'trusted-proxies = ["127.0.0.1/32"]',
      });
    before(async () => {
      const common = state();
      redis = await startRedis({ state: common });
      port = await freePort();
      ports = [await freePort(), await freePort()];
      publicOrigin = `http://127.0.0.1:${port}`;
      secret = randomBytes(32).toString('hex');
      guards = [{ state: state() }, { state: state() }];
      for (const number of [0, 1]) Object.assign(guards[number], await begin(number));
      const servers = ports.map((one) => `server 127.0.0.1:${one} max_fails=0;`).join(' ');
      nginx = await startNginx({
        port,
        state: common,
        http: `upstream guards { ${servers} keepalive 8; }`,
        server: `location / { proxy_pass http://guards; proxy_http_version 1.1; proxy_set_header Connection '';
          proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto http;
          proxy_next_upstream error timeout; }`,
      });
    });
    after(async () => {
      await nginx?.stop();
      for (const guard of guards ?? []) await guard.stop?.();
      await redis?.stop();
    });

    const site = (number) => ({ origin: publicOrigin, folder, ids, guard: guards[number] });
    /** A call at one of the guards itself, as nginx would hand it on. */
    const at = (number, action, args, headers = {}) =>
      call({ ...site(number), origin: `http://127.0.0.1:${ports[number]}` }, {
        action: `app/actions.js#${action}`,
        args,
        path: '/fetch',
        headers: { host: new URL(publicOrigin).host, origin: publicOrigin, 'x-forwarded-proto': 'http', ...headers },
      });

    test('calls through nginx reach both', async () => {
      for (let turn = 0; turn < 6; turn++) {
        const reply = await call(site(0), { action: 'app/actions.js#echo', args: [turn], path: '/fetch' });
        assert.equal(reply.status, 200, show(reply));
      }
      for (const guard of guards) assert.ok(guard.audit().some(({ decision }) => decision === 'allowed'));
    });

    test('a limit is one for both', async () => {
      const statuses = [];
      for (let turn = 0; turn < 6; turn++) statuses.push((await at(turn % 2, 'note', ['x'])).status);
      assert.deepEqual(statuses, [200, 200, 200, 200, 429, 429]);
    });

    test('what was done at one is not done again at the other', async () => {
      const args = [`once ${randomBytes(4).toString('hex')}`];
      assert.equal((await at(0, 'swallow', args)).status, 200);
      const second = await at(1, 'swallow', args);
      assert.deepEqual([second.status, second.digest], [409, 'replay.spent'], show(second));
      const key = { 'idempotency-key': randomBytes(8).toString('hex') };
      const kept = [`kept ${randomBytes(4).toString('hex')}`];
      const first = await at(0, 'swallow', kept, key);
      const again = await at(1, 'swallow', kept, key);
      assert.deepEqual([first.status, again.status], [200, 200], show(again));
      assert.equal(again.text, first.text);
    });

    test('restarted one after the other under 1,000 requests: none is lost', async () => {
      const lost = await many(publicOrigin, 1_000, async () => {
        for (const number of [0, 1]) {
          guards[number].task.signal('SIGTERM');
          await guards[number].task.ended;
          Object.assign(guards[number], await begin(number));
        }
      });
      assert.deepEqual(lost, []);
    });

    test('what was done before the restart is remembered', async () => {
      const args = [`remembered ${randomBytes(4).toString('hex')}`];
      assert.equal((await at(0, 'swallow', args)).status, 200);
      for (const number of [0, 1]) {
        await guards[number].stop();
        Object.assign(guards[number], await begin(number));
      }
      assert.equal((await at(0, 'swallow', args)).digest, 'replay.spent');
    });

    test('without Redis calls are refused, and pages are not', async () => {
      await redis.stop();
      const reply = await at(0, 'echo', ['x']);
      assert.equal(reply.status, 503, show(reply));
      assert.equal((await send(publicOrigin, { path: '/fetch' })).status, 200);
    });
  });
});
