// Reads {version, body} a line, and prints what the client of that version takes the body for, as the result of an action:
// {value}, or {digest} where the call is rejected. Next.js finds the result in its row 0.
import { createInterface } from 'node:readline';
import { client } from './react.mjs';

// Answers name no module.
const modules = () => ({});
Object.assign(globalThis, { __webpack_require__: modules, __next_require__: modules });

async function result({ version, body }) {
  const stream = new Response(Buffer.from(body, 'base64')).body;
  const root = await client(version).createFromReadableStream(stream, { callServer() {} });
  return version.startsWith('next-14') ? root[0] : root.a;
}

process.on('unhandledRejection', () => {});
for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { value: (await result(JSON.parse(line))) ?? null };
  } catch (error) {
    answer = { digest: error.digest ?? null, message: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
