//! Guards behind imports: barrels, default exports, namespaces, `CommonJS`, aliases, workspace packages.

use crate::support::check;

#[test]
fn imports_and_exports() {
    check(
        r##"
=== proven: barrel
import { requireUser } from '@/lib';
await requireUser();
await remove(input);
--- lib/index.ts
export { requireUser } from './auth/guard';
--- lib/auth/guard.ts
import { auth } from '@/auth';
export async function requireUser() { if (!(await auth())) throw new Error('no'); }
=== proven: barrel with another name
import { check } from '@/lib';
await check();
await remove(input);
--- lib/index.ts
export { requireUser as check } from './guard';
--- lib/guard.ts
import { auth } from '@/auth';
export async function requireUser() { if (!(await auth())) throw new Error('no'); }
=== absent: barrel that swaps names
import { requireUser } from '@/lib';
await requireUser();
await remove(input);
--- lib/index.ts
export { nothing as requireUser, requireUser as nothing } from './guard';
--- lib/guard.ts
import { auth } from '@/auth';
export async function requireUser() { if (!(await auth())) throw new Error('no'); }
export async function nothing() {}
=== proven: export star
import { requireUser } from '@/lib';
await requireUser();
await remove(input);
--- lib/index.ts
export * from './other';
export * from './guard';
--- lib/other.ts
export const other = 1;
--- lib/guard.ts
import { auth } from '@/auth';
export async function requireUser() { if (!(await auth())) throw new Error('no'); }
=== absent: an own export wins over export star
import { requireUser } from '@/lib';
await requireUser();
await remove(input);
--- lib/index.ts
export * from './guard';
export async function requireUser() {}
--- lib/guard.ts
import { auth } from '@/auth';
export async function requireUser() { if (!(await auth())) throw new Error('no'); }
=== proven: export star as
import { guards } from '@/lib';
await guards.requireUser();
await remove(input);
--- lib/index.ts
export * as guards from './guard';
--- lib/guard.ts
import { auth } from '@/auth';
export async function requireUser() { if (!(await auth())) throw new Error('no'); }
=== proven: import then export
import { requireUser } from '@/lib';
await requireUser();
await remove(input);
--- lib/index.ts
import { requireUser } from './guard';
export { requireUser };
--- lib/guard.ts
import { auth } from '@/auth';
export async function requireUser() { if (!(await auth())) throw new Error('no'); }
=== proven: default function
import requireUser from '@/lib/guard';
await requireUser();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export default async function () { if (!(await auth())) throw new Error('no'); }
=== proven: default expression
import requireUser from '@/lib/guard';
await requireUser();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
const guard = async () => { if (!(await auth())) throw new Error('no'); };
export default guard;
=== proven: default as a name
import { requireUser } from '@/lib';
await requireUser();
await remove(input);
--- lib/index.ts
export { default as requireUser } from './guard';
--- lib/guard.ts
import { auth } from '@/auth';
export default async () => { if (!(await auth())) throw new Error('no'); };
=== proven: default object
import guards from '@/lib/guard';
await guards.requireUser();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
async function requireUser() { if (!(await auth())) throw new Error('no'); }
export default { requireUser };
=== proven: namespace
import * as guards from '@/lib/guard';
await guards.requireUser();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export async function requireUser() { if (!(await auth())) throw new Error('no'); }
=== proven: dynamic import
const { requireUser } = await import('@/lib/guard');
await requireUser();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export async function requireUser() { if (!(await auth())) throw new Error('no'); }
=== proven: dynamic import, then
await import('@/lib/guard').then((guards) => guards.requireUser());
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export async function requireUser() { if (!(await auth())) throw new Error('no'); }
=== proven: dynamic import of a default
const guard = (await import('@/lib/guard')).default;
await guard();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export default async function () { if (!(await auth())) throw new Error('no'); }
=== proven: require
const { requireUser } = require('../lib/guard');
await requireUser();
await remove(input);
--- lib/guard.js
const { auth } = require('../auth');
async function requireUser() { if (!(await auth())) throw new Error('no'); }
module.exports = { requireUser };
=== proven: exports of a CommonJS module, imported
import { requireUser } from '@/lib/guard';
await requireUser();
await remove(input);
--- lib/guard.js
const { auth } = require('../auth');
exports.requireUser = async function () { if (!(await auth())) throw new Error('no'); };
=== proven: a CommonJS module that is a function
const guard = require('../lib/guard');
await guard();
await remove(input);
--- lib/guard.js
const { auth } = require('../auth');
module.exports = async () => { if (!(await auth())) throw new Error('no'); };
=== absent: a CommonJS guard that does nothing
const { requireUser } = require('../lib/guard');
await requireUser();
await remove(input);
--- lib/guard.js
exports.requireUser = async function () {};
=== proven: another path alias
import { requireUser } from '~guards/user';
await requireUser();
await remove(input);
--- tsconfig.json
{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["./*"], "~guards/*": ["./src/security/*"] } } }
--- src/security/user.ts
import { auth } from '@/auth';
export async function requireUser() { if (!(await auth())) throw new Error('no'); }
=== proven: base url
import { requireUser } from 'security/user';
await requireUser();
await remove(input);
--- tsconfig.json
{ "compilerOptions": { "baseUrl": "./src", "paths": { "@/*": ["../*"] } } }
--- src/security/user.ts
import { auth } from '@/auth';
export async function requireUser() { if (!(await auth())) throw new Error('no'); }
=== proven: import map of the package
import { requireUser } from '#guards/user';
await requireUser();
await remove(input);
--- package.json
{ "name": "app", "imports": { "#guards/*": "./security/*.ts" }, "dependencies": { "next": "15.4.1", "react": "19.1.0", "next-auth": "5.0.0-beta.29", "@prisma/client": "6.11.0" } }
--- security/user.ts
import { auth } from '@/auth';
export async function requireUser() { if (!(await auth())) throw new Error('no'); }
=== proven: workspace package
import { requireUser } from '@acme/auth';
await requireUser();
await remove(input);
--- package.json
{ "name": "root", "workspaces": ["packages/*"], "dependencies": { "next": "15.4.1", "react": "19.1.0", "next-auth": "5.0.0-beta.29", "@prisma/client": "6.11.0", "@acme/auth": "workspace:*" } }
--- packages/auth/package.json
{ "name": "@acme/auth", "exports": { ".": "./src/index.ts" }, "dependencies": { "next-auth": "5.0.0-beta.29" } }
--- packages/auth/src/index.ts
export * from './guard';
--- packages/auth/src/guard.ts
import NextAuth from 'next-auth';
const { auth } = NextAuth({ providers: [] });
export async function requireUser() { if (!(await auth())) throw new Error('no'); }
=== absent: workspace package that does nothing
import { requireUser } from '@acme/auth';
await requireUser();
await remove(input);
--- package.json
{ "name": "root", "workspaces": ["packages/*"], "dependencies": { "next": "15.4.1", "react": "19.1.0", "@prisma/client": "6.11.0", "@acme/auth": "workspace:*" } }
--- packages/auth/package.json
{ "name": "@acme/auth", "main": "src/index.ts" }
--- packages/auth/src/index.ts
export async function requireUser() { return { id: 'x' }; }
=== gap unknown/proven: TypeScript namespace and enum
// Namespaces of TypeScript are not read.
import { Guards, Role } from '@/lib/guard';
if ((await Guards.role()) !== Role.Admin) return;
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export enum Role { User = 'user', Admin = 'admin' }
export namespace Guards { export async function role() { return (await auth())?.user?.role; } }
"##,
    );
}
