// Programs that stand beside guard in a real setup: nginx, and Redis.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort, start, until } from './process.mjs';

/** Whether a test that needs a program is left out, and why. With E2E_REQUIRED it is not, and fails. */
export function without(program) {
  if (process.env.E2E_REQUIRED === '1') return false;
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return false;
  } catch {
    return `${program} is missing`;
  }
}

/** Starts nginx with what stands in `http { server { ... } }`. */
export async function startNginx({ port, state, http = '', server }) {
  const folder = join(state, `nginx-${port}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`);
  writeFileSync(
    file,
    `daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1; events { worker_connections 512; }
http { access_log off; ${temporary.join(' ')} ${http}
server { listen 127.0.0.1:${port}; ${server} } }`,
  );
  const task = start('nginx', ['-c', file], { cwd: folder, log: join(folder, 'nginx.log') });
  await listening(port, task, 'nginx');
  return {
    origin: `http://127.0.0.1:${port}`,
    task,
    write: (text) => writeFileSync(file, text),
    stop: () => task.stop(),
  };
}

/** Starts a Redis that keeps nothing. */
export async function startRedis({ state }) {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', state];
  const task = start('redis-server', args, { cwd: state, log: join(state, 'redis.log') });
  await listening(port, task, 'Redis');
  return { port, url: `redis://127.0.0.1:${port}`, stop: () => task.stop() };
}

async function listening(port, task, what) {
  const reached = () =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy()));
      socket.on('error', reject);
    });
  await until(async () => (await reached()) && true, { task, what });
}
