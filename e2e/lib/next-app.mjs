// Builds an application once and serves it. A build is kept under `.work` and used again while neither the lock file
// nor a source file has changed.

import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, run, start, until } from './process.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const work = join(root, 'e2e', '.work');

const generated = new Set(['node_modules', '.next', '.git', 'next-env.d.ts']);

/** The application of the examples. */
export const acme = { name: 'acme-next', layers: [join(root, 'examples/acme-next')] };

/** The fixture on one major version of Next.js: the pages that all share, and the files of that version on top. */
export function fixture(major) {
  return { name: `next${major}`, major, layers: [join(root, 'e2e/apps/pages'), join(root, `e2e/apps/next${major}`)] };
}

/** The fixture on a release of a major version that has advisories against it. */
export function old(major) {
  const { layers } = fixture(major);
  return { name: `old${major}`, major, layers: [...layers, join(root, `e2e/apps/old${major}`)] };
}

/** The major versions of Next.js that this run is about. */
export const majors = (process.env.E2E_MAJORS ?? '14 15 16').split(' ').map(Number);

/** Installs and builds what has changed, and gives the folder of the build. */
export async function build({ name, layers }) {
  const folder = join(work, name);
  const files = layers.flatMap((layer) => sources(layer).map((file) => [layer, file]));
  const lock = digest(files.filter(([, file]) => basename(file).startsWith('package')));
  const source = digest(files);
  const log = join(work, `${name}-build.log`);
  mkdirSync(folder, { recursive: true });

  if (stamp(folder, '.source') === source) return folder;
  rmSync(join(folder, '.source'), { force: true });
  for (const entry of readdirSync(folder)) {
    if (!['node_modules', '.next', '.lock'].includes(entry)) rmSync(join(folder, entry), { recursive: true });
  }
  for (const [layer, file] of files) cpSync(join(layer, file), join(folder, file));

  const options = { cwd: folder, log, seconds: 280 };
  if (stamp(folder, '.lock') !== lock) {
    rmSync(join(folder, '.lock'), { force: true });
    await run('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], options);
    writeFileSync(join(folder, '.lock'), lock);
  }
  await run(process.execPath, [nextBinary(folder), 'build'], options);
  writeFileSync(join(folder, '.source'), source);
  return folder;
}

/** Serves a build on a free port of the loopback address; `env` is told the origin that this gives. */
export async function serve(folder, { name, env = () => ({}) }) {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const log = join(work, `${name}-${port}.log`);
  const task = start(process.execPath, [nextBinary(folder), 'start', '-p', String(port), '-H', '127.0.0.1'], {
    cwd: folder,
    env: env(origin),
    log,
  });
  await until(async () => (await fetch(origin, { redirect: 'manual' })).status < 500, { task, what: name });
  return { origin, port, task, log: () => readFileSync(log, 'utf8'), stop: () => task.stop() };
}

/**
 * The ids of the actions by `file#export`. Only names and ids are taken out of the build's manifest: it also holds the
 * key that encrypts closures.
 */
export function actionIds(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, '.next/server/server-reference-manifest.json'), 'utf8'));
  const ids = {};
  for (const [id, { filename, exportedName }] of Object.entries(manifest.node)) ids[`${filename}#${exportedName}`] = id;
  // 14 writes no names: there an id is the hash of the place.
  const place = `${folder}/app/actions.js:swallow`;
  const hashed = createHash('sha1').update(place).digest('hex');
  if (hashed in manifest.node) ids['app/actions.js#swallow'] = hashed;
  return ids;
}

function nextBinary(folder) {
  return join(folder, 'node_modules/next/dist/bin/next');
}

function sources(layer) {
  return readdirSync(layer, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(layer.length + 1))
    .filter((file) => !file.split('/').some((part) => generated.has(part)) && !/\.db|\.tsbuildinfo$/.test(file))
    .sort();
}

function digest(files) {
  const hash = createHash('sha256');
  for (const [layer, file] of files) hash.update(`${file}\0`).update(readFileSync(join(layer, file))).update('\0');
  return hash.digest('hex');
}

function stamp(folder, name) {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
