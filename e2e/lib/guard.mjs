// Starts `portcullis guard` in front of a server. Which program is said by `E2E_GUARD`; without it the tests meet the
// application directly only.

import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { send } from './call.mjs';
import { freePort, start, until } from './process.mjs';

export const guardProgram = process.env.E2E_GUARD || null;
if (guardProgram && !existsSync(guardProgram)) throw new Error(`E2E_GUARD: there is no program ${guardProgram}`);

const policies = fileURLToPath(new URL('../policies', import.meta.url));

/**
 * Starts guard with one of the policies, and waits until it answers. With `admin`, operators have a listener; `more` are
 * keys of `[guard]`, `store` another address than that of the policy; guards that share one share the `secret` too.
 */
export async function startGuard({ port, publicOrigin, upstream, folder, state, policy, admin = false, ...options }) {
  const { more = '', store, secret = randomBytes(32).toString('hex') } = options;
  cpSync(join(policies, policy), state, { recursive: true });
  const file = join(state, 'portcullis.toml');
  const written = readFileSync(file, 'utf8');
  const text = store ? written.replace('url = "memory:"', `url = "${store}"`) : written;
  const log = join(state, 'guard.log');
  const manifest = join(folder, '.next/server/server-reference-manifest.json');
  const operators = admin && { port: await freePort(), token: randomBytes(24).toString('base64url') };
  writeFileSync(
    file,
    `[guard]
listen = "127.0.0.1:${port}"
upstream = "${upstream}"
public-origins = ["${publicOrigin}"]
manifest = "${manifest}"
${more}
${operators ? `[guard.admin]\nlisten = "127.0.0.1:${operators.port}"\n` : ''}
${text}`,
  );
  const env = {
    PORTCULLIS_SECRET: secret,
    ...(operators && { PORTCULLIS_ADMIN_TOKEN: operators.token }),
  };
  const task = start(guardProgram, ['guard', '--config', file], { cwd: state, env, log });
  // It may be another proxy that has the public origin.
  const headers = { host: new URL(publicOrigin).host };
  await until(async () => (await send(`http://127.0.0.1:${port}`, { headers })).status < 500, { task, what: 'guard' });
  const audit = join(state, 'audit.jsonl');
  return {
    task,
    admin: operators && { origin: `http://127.0.0.1:${operators.port}`, token: operators.token },
    log: () => readFileSync(log, 'utf8'),
    /** The records of what was decided, the oldest first. */
    audit: () => readFileSync(audit, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)),
    stop: () => task.stop(),
  };
}
