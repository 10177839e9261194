// React's encoder and decoder in every version beside these files: those of npm by their number, the copies in Next.js as
// `next-VERSION`, or `next-VERSION-experimental`.
import Module, { createRequire } from 'node:module';

// The copies of Next.js choose their file by this.
process.env.NODE_ENV = 'production';
const require = createRequire(import.meta.url);
// Next.js does the same: its copies ask for each other by this name.
const resolve = Module._resolveFilename;
Module._resolveFilename = function (name, ...rest) {
  return resolve.call(this, name.replace(/^next\/dist\/compiled\/(?=react|scheduler)/, ''), ...rest);
};

function load(version, side) {
  const copy = /^next-([\d.]+)(-experimental)?$/.exec(version);
  const folder = copy
    ? `./next/${copy[1]}/node_modules/react-server-dom-webpack${copy[2] ?? ''}`
    : `./node_modules/react-${version}`;
  return require(`${folder}/cjs/react-server-dom-webpack-${side}.production.js`);
}

export const server = (version) => load(version, 'server.node');
export const client = (version) => load(version, 'client.browser');
