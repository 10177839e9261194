// A session as Auth.js 5 writes it, for a secret: node session.mjs SECRET USER

import { createCipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const [secret, user] = process.argv.slice(2);
const salt = 'authjs.session-token';
const key = Buffer.from(hkdfSync('sha256', secret, salt, `Auth.js Generated Encryption Key (${salt})`, 64));
const text = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = Math.floor(Date.now() / 1000);
const head = text({ alg: 'dir', enc: 'A256CBC-HS512' });
const nonce = randomBytes(16);
const cipher = createCipheriv('aes-256-cbc', key.subarray(32), nonce);
const claims = { sub: user, name: 'Ann Example', email: 'ann@example.com', iat: now, exp: now + 86_400, jti: 'bench' };
const sealed = Buffer.concat([cipher.update(JSON.stringify(claims)), cipher.final()]);
const bits = Buffer.alloc(8);
bits.writeBigUInt64BE(BigInt(head.length * 8));
const tag = createHmac('sha512', key.subarray(0, 32)).update(head).update(nonce).update(sealed).update(bits).digest();
console.log([head, '', nonce.toString('base64url'), sealed.toString('base64url'), tag.subarray(0, 32).toString('base64url')].join('.'));
