// An application as the tests meet it: served directly, or behind guard. A test takes a route and does not care which.

import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Database } from './database.mjs';
import { guardProgram, startGuard } from './guard.mjs';
import { acme, actionIds, build, serve, work } from './next-app.mjs';
import { startRecorder } from './recorder.mjs';
import { freePort } from './process.mjs';

/** The ways to the application that this run takes: `direct`, and `guard` when there is a program to start. */
export const routes = ['direct', 'guard'].filter(
  (route) => (process.env.E2E_ROUTES ?? 'direct guard').split(' ').includes(route) && (route === 'direct' || guardProgram),
);

/** The same, without `direct` in a quick run: for what is alike on both, guard in front shows both. */
export const shortRoutes = process.env.E2E_QUICK === '1' && routes.includes('guard') ? ['guard'] : routes;

/** Opens the example with a database of its own. */
export async function openAcme(route) {
  const folder = await build(acme);
  mkdirSync(work, { recursive: true });
  const state = mkdtempSync(join(work, 'state-'));
  const file = join(state, 'acme.db');
  const site = await open(route, {
    ...acme,
    folder,
    state,
    policy: 'acme',
    env: (origin) => ({ ACME_DB: `file:${file}`, ACME_URL: origin, ACME_BEHIND_PROXY: route === 'guard' ? '1' : '' }),
  });
  const db = new Database(file);
  return {
    ...site,
    db,
    async stop() {
      db.close();
      await site.stop();
    },
  };
}

/** Opens a fixture. With `records`, what guard sends to it is kept; with `admin`, guard listens for operators. */
export async function openFixture(route, app, { records = false, admin = false } = {}) {
  const folder = await build(app);
  const state = mkdtempSync(join(work, 'state-'));
  return open(route, { ...app, folder, state, policy: 'fixture', records, admin, env: () => ({}) });
}

async function open(route, { name, folder, state, policy, records, admin, env }) {
  const guardPort = route === 'guard' ? await freePort() : null;
  const publicOrigin = guardPort && `http://127.0.0.1:${guardPort}`;
  const upstream = await serve(folder, { name, env: (origin) => env(publicOrigin ?? origin) });
  const recorder = records ? await startRecorder(upstream.port) : null;
  const behind = recorder ? `http://127.0.0.1:${recorder.port}` : upstream.origin;
  let guard = null;
  try {
    guard = guardPort && (await startGuard({ port: guardPort, publicOrigin, upstream: behind, folder, state, policy, admin }));
  } catch (error) {
    await recorder?.stop();
    await upstream.stop();
    throw error;
  }
  return {
    route,
    folder,
    origin: publicOrigin ?? upstream.origin,
    upstream: upstream.origin,
    ids: actionIds(folder),
    log: () => upstream.log(),
    guard,
    recorder,
    async stop() {
      await guard?.stop();
      await recorder?.stop();
      await upstream.stop();
    },
  };
}
