// Stands between guard and the application, hands everything on, and keeps what guard sent.

import { connect, createServer } from 'node:net';

/** A recorder in front of a port of the loopback address. */
export async function startRecorder(upstreamPort) {
  let kept = [];
  const sockets = new Set();
  const server = createServer((near) => {
    const far = connect(upstreamPort, '127.0.0.1');
    near.on('data', (bytes) => kept.push(bytes));
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    /** What has come since the last call. */
    take() {
      const text = Buffer.concat(kept).toString('latin1');
      kept = [];
      return text;
    },
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends bytes on a connection of their own, and gives everything that comes back. */
export function sendRaw(port, bytes, { seconds = 20 } = {}) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks = [];
    const timer = setTimeout(() => socket.destroy(new Error(`no answer in ${seconds} s`)), seconds * 1000);
    socket.on('data', (chunk) => chunks.push(chunk));
    // A refusal may come, and the connection end, before everything is written.
    socket.on('error', (error) => (['ECONNRESET', 'EPIPE'].includes(error.code) ? undefined : reject(error)));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString('latin1'));
    });
    socket.write(bytes);
  });
}
