// Starts `portcullis guard` in front of a server. Which program is said by `E2E_GUARD`; without it the tests meet the
// application directly only.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { start, until } from './process.mjs';

export const guardProgram = process.env.E2E_GUARD || null;
if (guardProgram && !existsSync(guardProgram)) throw new Error(`E2E_GUARD: there is no program ${guardProgram}`);

/** Starts guard with a policy and waits until it answers. */
export async function startGuard({ port, publicOrigin, upstream, folder, state, policy = '' }) {
  const file = join(state, 'portcullis.toml');
  const log = join(state, 'guard.log');
  const manifest = join(folder, '.next/server/server-reference-manifest.json');
  writeFileSync(
    file,
    `[guard]
listen = "127.0.0.1:${port}"
upstream = "${upstream}"
public-origins = ["${publicOrigin}"]
manifest = "${manifest}"

${policy}`,
  );
  const task = start(guardProgram, ['guard', '--config', file], { cwd: state, env: {}, log });
  await until(async () => (await fetch(publicOrigin, { redirect: 'manual' })).status < 500, { task, what: 'guard' });
  return { task, log: () => readFileSync(log, 'utf8'), stop: () => task.stop() };
}
