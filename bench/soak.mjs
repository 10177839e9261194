// Guard in front of a real Next.js for as long as one likes, with everything that visitors, attackers and bad lines do,
// and what it holds meanwhile: memory, file descriptors, sockets.
//
//   node bench/soak.mjs [MINUTES] [AT ONCE] [REST]
//
// 60 minutes, 12 at once and 300 milliseconds of rest after each without them.
// Needs a release build, and what e2e needs (bash e2e/run.sh once): the application is that of the end-to-end tests.
// The curve goes to stdout, one line a sample, the whole of it to CURVE if that names a file. Exits with 1 if memory
// grows, something leaks, or something ended as it should not.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Database } from '../e2e/lib/database.mjs';
import { actionIds, build, fixture, root, work } from '../e2e/lib/next-app.mjs';
import { freePort, start, until } from '../e2e/lib/process.mjs';
import { traffic } from './soak/traffic.mjs';

const minutes = Number(process.argv[2] ?? 60);
const atOnce = Number(process.argv[3] ?? 12);
const rest = Number(process.argv[4] ?? 300);
const every = Math.max(2, Math.min(10, (minutes * 60) / 60)) * 1000;
const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target');
const program = process.env.PORTCULLIS ?? join(target, 'release/portcullis');
const item = (number) => `item-${number}`;
const items = Array.from({ length: 50 }, (_, number) => item(number));
const session = randomBytes(24).toString('base64url');
const token = randomBytes(24).toString('base64url');

const folder = await build(fixture(16));
mkdirSync(work, { recursive: true });
const state = mkdtempSync(join(work, 'soak-'));
const ids = actionIds(folder);
const [appPort, port, adminPort] = [await freePort(), await freePort(), await freePort()];
const origin = `http://127.0.0.1:${port}`;

await database();
policy();
const server = fileURLToPath(new URL('soak/server.mjs', import.meta.url));
const app = start(process.execPath, [server, folder, String(appPort)], {
  cwd: folder,
  env: { NODE_ENV: 'production' },
  log: join(state, 'app.log'),
});
await until(async () => (await fetch(`http://127.0.0.1:${appPort}/`)).ok, { task: app, what: 'the application' });
const env = { PORTCULLIS_SECRET: randomBytes(32).toString('hex'), PORTCULLIS_ADMIN_TOKEN: token };
const guard = start(program, ['guard', '--quiet', '--config', join(state, 'portcullis.toml')], {
  cwd: state,
  env,
  log: join(state, 'guard.log'),
});
await until(async () => (await fetch(origin, { headers: { connection: 'close' } })).ok, { task: guard, what: 'guard' });

const version = execFileSync(program, ['--version']).toString().trim();
console.log(`${version}, Next.js ${nextVersion()}, ${minutes} minutes, ${atOnce} at once; files in ${state}`);
console.log('minutes  RSS KB  files  sockets  done  unexpected');
await pause(3_000);
const atFirst = look();

const tally = new Map();
const unexpected = new Map();
let isOver = false;
const roads = traffic({ origin, folder, ids, session, items });
const loops = Array.from({ length: atOnce }, async () => {
  while (!isOver) {
    const { name, done } = roads.one();
    tally.set(name, (tally.get(name) ?? 0) + 1);
    await done.catch((error) => {
      const what = `${name}: ${String(error.message).slice(0, 300)}`;
      unexpected.set(what, (unexpected.get(what) ?? 0) + 1);
      appendFileSync(join(state, 'unexpected.log'), `${new Date().toISOString()} ${what}\n`);
    });
    await pause(rest);
  }
});
const began = Date.now();
const samples = [];
const total = (counts) => [...counts.values()].reduce((sum, count) => sum + count, 0);
for (let round = 0; Date.now() - began < minutes * 60_000; round++) {
  await pause(every);
  if (guard.exited) break;
  // Operators are there too, and the policy is read again.
  await operate(round);
  const sample = { at: (Date.now() - began) / 60_000, ...look(), done: total(tally), bad: total(unexpected) };
  samples.push(sample);
  const line = `${sample.at.toFixed(1)} ${sample.rss} ${sample.files} ${sample.sockets} ${sample.done} ${sample.bad}`;
  if (round % 6 === 0) console.log(line);
  if (process.env.CURVE) appendFileSync(process.env.CURVE, `${line}\n`);
}
isOver = true;
await Promise.race([Promise.all(loops), pause(120_000)]);
roads.stop();
// Connections that were cut off by hand have deadlines of 5 seconds here, and those of visitors end within 15.
await pause(30_000);
const atRest = guard.exited ? null : look();
const verdict = judge();
console.log(verdict.lines.join('\n'));
await guard.stop();
await app.stop();
process.exit(verdict.isWell ? 0 : 1);

function look() {
  const status = readFileSync(`/proc/${guard.pid}/status`, 'utf8');
  const links = readdirSync(`/proc/${guard.pid}/fd`).map((name) => {
    try {
      return readlinkSync(`/proc/${guard.pid}/fd/${name}`);
    } catch {
      return '';
    }
  });
  return {
    rss: Number(/VmRSS:\s+(\d+)/.exec(status)[1]),
    files: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
  };
}

async function operate(round) {
  const headers = { authorization: `Bearer ${token}`, connection: 'close' };
  for (const path of ['status', 'metrics', 'ready']) {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/${path}`, { headers });
    if (!answer.ok) unexpected.set(`admin /${path}: ${answer.status}`, 1);
    await answer.arrayBuffer();
  }
  if (round % 6 === 3) process.kill(guard.pid, 'SIGHUP');
}

function judge() {
  const lines = [];
  let isWell = true;
  const say = (is, text) => {
    isWell &&= is;
    lines.push(`${is ? 'well  ' : 'NOT   '} ${text}`);
  };
  // What has to warm up has done so in the first third.
  const later = samples.slice(Math.floor(samples.length / 3));
  const slope = slopeOf(later);
  const middle = median(later.map(({ rss }) => rss));
  const perHour = slope * 60;
  const first = median(samples.slice(0, 6).map(({ rss }) => rss));
  const last = median(samples.slice(-6).map(({ rss }) => rss));
  const peak = Math.max(...samples.map(({ rss }) => rss));
  lines.push(`RSS in KB: ${atFirst.rss} at rest before, ${first} in the first minute, ${last} in the last, at most ${peak}`);
  const isFlat = perHour < 0.1 * middle;
  say(isFlat, `memory: ${perHour.toFixed(0)} KB an hour over the last two thirds, ${((100 * perHour) / middle).toFixed(1)} % of ${middle} KB`);
  say(atRest && atRest.sockets <= atFirst.sockets, `sockets: ${atFirst.sockets} before, ${atRest?.sockets} afterwards, at most ${Math.max(...samples.map(({ sockets }) => sockets))}`);
  say(atRest && atRest.files <= atFirst.files + 12, `open files: ${atFirst.files} before, ${atRest?.files} afterwards (with connections to the database)`);
  say(!guard.exited, 'guard is there');
  say(unexpected.size === 0, `${total(tally)} pieces of traffic of ${tally.size} kinds, ${total(unexpected)} with another end`);
  for (const [what, count] of unexpected) lines.push(`         ${count} times ${what}`);
  return { isWell, lines };
}

/** Kilobytes a minute, by least squares. */
function slopeOf(points) {
  const mean = (key) => points.reduce((sum, point) => sum + point[key], 0) / points.length;
  const [at, rss] = [mean('at'), mean('rss')];
  const above = points.reduce((sum, point) => sum + (point.at - at) * (point.rss - rss), 0);
  return above / points.reduce((sum, point) => sum + (point.at - at) ** 2, 0);
}

function median(values) {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
}

function nextVersion() {
  return JSON.parse(readFileSync(join(folder, 'node_modules/next/package.json'), 'utf8')).version;
}

async function database() {
  const db = new Database(join(state, 'soak.db'));
  await db.rows('create table sessions (id text primary key, user_id text, expires_at integer)');
  await db.rows('create table items (id text primary key, owner_id text)');
  await db.rows('insert into sessions values (?, ?, ?)', session, 'ann', Date.now() + 24 * 3_600_000);
  for (const one of items) await db.rows('insert into items values (?, ?)', one, 'ann');
  await db.rows('insert into items values (?, ?)', 'of-others', 'bob');
  db.close();
}

function policy() {
  const open = ['echo', 'refuse', 'leaveForm', 'receive'].map(
    (name) => `[actions."app/actions.js#${name}"]
access = { public = "a soak" }
rate = "100000/1m per address"
${name === 'receive' ? 'allow = ["blobs"]\n' : ''}`,
  );
  writeFileSync(
    join(state, 'swallow.json'),
    JSON.stringify({ type: 'array', minItems: 2, maxItems: 2, prefixItems: [{ type: 'string' }, { type: 'string', maxLength: 64 }] }),
  );
  writeFileSync(
    join(state, 'portcullis.toml'),
    `[guard]
listen = "127.0.0.1:${port}"
upstream = "http://127.0.0.1:${appPort}"
public-origins = ["${origin}"]
manifest = "${join(folder, '.next/server/server-reference-manifest.json')}"

[guard.admin]
listen = "127.0.0.1:${adminPort}"

[guard.limits]
head-deadline = "5s"
body-idle = "5s"
keep-alive = "60s"

[guard.paths]
upgrades = ["/socket/*"]

[session]
provider = "table"
cookie = "soak_session"
query = "select id as key, user_id, expires_at from sessions where id = $1"

[database]
url = "sqlite:soak.db"

[store]
url = "memory:"

[audit]
file = "audit.jsonl"

${open.join('\n')}
[actions."app/actions.js#note"]
access = { public = "a soak" }
rate = "5/10s per everyone"

[actions."app/actions.js#swallow"]
access = "authenticated"
rate = ["100000/1m per user", "1000/10s per user+arg:/0"]
schema = "swallow.json"
replay = "once"
replay-window = "1m"
owns = { arg = "/0", query = "select 1 from items where id = $1 and owner_id = $user" }
`,
  );
}
