// Fetches the copies of React that Next.js brings along: of each version that `package.json` names, React's encoder and
// decoder and what they need, into `next/VERSION`. The archives come through npm and must have the hash that stands
// beside the version; nothing of them is run but these files.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';

const COMPILED = 'package/dist/compiled';
const flight = (folder) => ['server.node', 'client.browser']
  .map((side) => `${COMPILED}/${folder}/cjs/${folder.replace('-experimental', '')}-${side}.production.js`);
const MEMBERS = [
  `${COMPILED}/react`,
  `${COMPILED}/scheduler`,
  ...['package.json', 'index.js', 'react-dom.react-server.js'].map((file) => `${COMPILED}/react-dom/${file}`),
  ...flight('react-server-dom-webpack'),
  ...flight('react-server-dom-webpack-experimental'),
];
const productions = (name) => [`${name}.production.js`, `${name}.production.min.js`].map((file) => `${COMPILED}/react-dom/cjs/${file}`);

const { next } = JSON.parse(readFileSync('package.json', 'utf8'));
for (const [version, wanted] of Object.entries(next)) {
  const folder = `next/${version}`;
  if (existsSync(`${folder}/node_modules`)) continue;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder, `next@${version}`], { encoding: 'utf8' });
  const archive = `${folder}/${packed.trim().split('\n').pop()}`;
  const hash = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (hash !== wanted) throw new Error(`next ${version} has the hash ${hash}, not ${wanted}`);
  const listed = new Set(execFileSync('tar', ['-tzf', archive], { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n'));
  const dom = [...productions('react-dom'), ...productions('react-dom.react-server')].filter((file) => listed.has(file));
  execFileSync('tar', ['-xzf', archive, '-C', folder, ...MEMBERS, ...dom]);
  rmSync(archive);
  // So each finds the React beside it.
  renameSync(`${folder}/${COMPILED}`, `${folder}/node_modules`);
}
