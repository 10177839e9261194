// Starts server programs, each in a process group of its own, and ends them whole: `next start` has children.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createWriteStream, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const running = new Set();

/** A port of the loopback address that nobody listens on. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Runs a program to its end. Its output goes to `log`; a failure carries the end of it. */
export async function run(program, args, { cwd, env, log, seconds }) {
  const task = start(program, args, { cwd, env, log });
  const timer = setTimeout(() => task.stop(), seconds * 1000);
  const code = await task.ended;
  clearTimeout(timer);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code} in ${cwd}:\n${task.tail()}`);
}

/** Starts a program that goes on running. */
export function start(program, args, { cwd, env, log }) {
  const output = createWriteStream(log, { flags: 'a' });
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', CI: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });

  const task = {
    exited: false,
    log,
    tail: () => readFileSync(log, 'utf8').split('\n').slice(-40).join('\n'),
    ended: new Promise((resolve) => {
      child.once('error', (error) => output.write(`${error}\n`, () => resolve(-1)));
      child.once('close', (code, signal) => resolve(code ?? signal));
    }),
    pid: child.pid,
    signal: (name) => signalGroup(child.pid, name),
    async stop() {
      if (task.exited) return;
      signalGroup(child.pid, 'SIGTERM');
      const late = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), 5000);
      await task.ended;
      clearTimeout(late);
      signalGroup(child.pid, 'SIGKILL');
    },
  };
  task.ended.then(() => {
    task.exited = true;
    running.delete(task);
    output.end();
  });
  running.add(task);
  return task;
}

/** Waits until `probe` gives a truthy answer, and gives that; fails when the program ends before or time runs out. */
export async function until(probe, { task, seconds = 30, what }) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await probe().catch(() => null);
    if (answer) return answer;
    if (task?.exited) throw new Error(`${what}: the program has ended:\n${task.tail()}`);
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s:\n${task?.tail() ?? ''}`);
    await pause(50);
  }
}

function signalGroup(pid, name) {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

// Whatever ends the tests ends the servers.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(name, () => process.exit(130));
}
process.once('exit', () => {
  for (const { pid } of running) signalGroup(pid, 'SIGKILL');
});
