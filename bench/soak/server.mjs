// Next.js with a web socket's path beside it: node server.mjs FOLDER PORT. A production build of Next.js takes no upgrade
// itself, so what guard does with one that it allows needs somebody who answers.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, port] = process.argv.slice(2);
process.chdir(folder);
const next = createRequire(join(folder, 'package.json'))('next');
const app = next({ dev: false, dir: folder, hostname: '127.0.0.1', port: Number(port) });
await app.prepare();
const handle = app.getRequestHandler();
const server = createServer((request, response) => handle(request, response));
server.on('upgrade', (request, socket) => {
  if (request.url !== '/socket/echo') return;
  socket.on('error', () => socket.destroy());
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  socket.pipe(socket);
});
server.listen(Number(port), '127.0.0.1');
