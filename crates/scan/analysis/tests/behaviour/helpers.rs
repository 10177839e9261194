//! Guards in other functions, files and packages: what they do counts, not what they are called.

use crate::support::check;

#[test]
fn kinds_of_answers() {
    check(
        r"
=== proven: throws, three files away
import { a } from '@/lib/a';
await a();
await remove(input);
--- lib/a.ts
import { b } from './b';
export const a = () => b();
--- lib/b.ts
import { c } from './deep/c';
export async function b() { return c(); }
--- lib/deep/c.ts
import { auth } from '@/auth';
export async function c() { const s = await auth(); if (!s) throw new Error('unauthorized'); return s; }
=== absent: throws three files away, and the file between does not wait
import { a } from '@/lib/a';
await a();
await remove(input);
--- lib/a.ts
import { b } from './b';
export const a = () => b();
--- lib/b.ts
import { c } from './c';
export async function b() { c(); }
--- lib/c.ts
import { auth } from '@/auth';
export async function c() { const s = await auth(); if (!s) throw new Error('unauthorized'); return s; }
=== proven: null
import { currentUser } from '@/lib/user';
const user = await currentUser();
if (!user) return;
await remove(input);
--- lib/user.ts
import { auth } from '@/auth';
import { db } from './db';
export async function currentUser() {
  const session = await auth();
  if (!session?.user?.id) return null;
  return db.user.findUnique({ where: { id: session.user.id } });
}
=== absent: null that nobody looks at
import { currentUser } from '@/lib/user';
const user = await currentUser();
await remove(input);
--- lib/user.ts
import { auth } from '@/auth';
export async function currentUser() { const session = await auth(); return session?.user ?? null; }
=== absent: a guest instead of null
import { currentUser } from '@/lib/user';
const user = await currentUser();
if (!user) return;
await remove(input);
--- lib/user.ts
import { auth } from '@/auth';
export async function currentUser() { const session = await auth(); return session?.user ?? { id: 'guest', role: 'guest' }; }
=== proven: a guest instead of null, told apart
import { currentUser } from '@/lib/user';
const user = await currentUser();
if (user.role === 'guest') return;
await remove(input);
--- lib/user.ts
import { auth } from '@/auth';
export async function currentUser() { const session = await auth(); return session?.user ?? { id: 'guest', role: 'guest' }; }
=== proven: boolean
import { can } from '@/lib/can';
if (!(await can('delete'))) throw new Error('forbidden');
await remove(input);
--- lib/can.ts
import { auth } from '@/auth';
export async function can(what: string) {
  const session = await auth();
  if (!session) return false;
  return session.user.permissions.includes(what);
}
=== absent: boolean that says yes to strangers
import { can } from '@/lib/can';
if (!(await can('delete'))) throw new Error('forbidden');
await remove(input);
--- lib/can.ts
import { auth } from '@/auth';
export async function can(what: string) {
  const session = await auth();
  if (!session) return true;
  return session.user.permissions.includes(what);
}
=== proven: boolean in an and
import { isAdmin } from '@/lib/admin';
if (await isAdmin() && input.confirmed) await remove(input.id);
--- lib/admin.ts
import { auth } from '@/auth';
export const isAdmin = async () => (await auth())?.user?.role === 'admin';
=== absent: boolean turned over
import { isAdmin } from '@/lib/admin';
if (await isAdmin()) return { error: 'not for admins' };
await remove(input.id);
--- lib/admin.ts
import { auth } from '@/auth';
export const isAdmin = async () => (await auth())?.user?.role === 'admin';
=== proven: result object
import { authorize } from '@/lib/authorize';
const result = await authorize();
if (!result.ok) return { error: result.error };
await remove(input);
--- lib/authorize.ts
import { auth } from '@/auth';
export async function authorize() {
  const session = await auth();
  if (!session) return { ok: false, error: 'sign in' } as const;
  return { ok: true, user: session.user } as const;
}
=== absent: result object that is truthy
import { authorize } from '@/lib/authorize';
const result = await authorize();
if (!result) return { error: 'no' };
await remove(input);
--- lib/authorize.ts
import { auth } from '@/auth';
export async function authorize() {
  const session = await auth();
  if (!session) return { ok: false, error: 'sign in' } as const;
  return { ok: true, user: session.user } as const;
}
=== proven: result object, in
import { authorize } from '@/lib/authorize';
const result = await authorize();
if ('error' in result) return result;
await remove(result.user.id);
--- lib/authorize.ts
import { auth } from '@/auth';
export async function authorize() {
  const session = await auth();
  if (!session) return { error: 'sign in' };
  return { user: session.user };
}
=== proven: result object, destructured
import { authorize } from '@/lib/authorize';
const { user, error } = await authorize();
if (error) return { error };
await remove(input);
--- lib/authorize.ts
import { auth } from '@/auth';
export async function authorize() {
  const session = await auth();
  if (!session) return { error: 'sign in', user: null };
  return { user: session.user, error: null };
}
=== absent: result object, the wrong half
import { authorize } from '@/lib/authorize';
const { user, error } = await authorize();
if (!error) console.log('hello', user.id);
await remove(input);
--- lib/authorize.ts
import { auth } from '@/auth';
export async function authorize() {
  const session = await auth();
  if (!session) return { error: 'sign in', user: null };
  return { user: session.user, error: null };
}
=== proven: tuple
import { authorize } from '@/lib/authorize';
const [user, failed] = await authorize();
if (failed) return;
await remove(input);
--- lib/authorize.ts
import { auth } from '@/auth';
export async function authorize() { const session = await auth(); return session ? [session.user, false] : [null, true]; }
=== proven: a condition among the arguments
import { ensure } from '@/lib/ensure';
const session = await auth();
ensure(session, 'unauthorized');
await remove(input);
--- lib/ensure.ts
export function ensure(value: unknown, message: string): asserts value { if (!value) throw new Error(message); }
=== absent: an assertion function that asserts nothing
import { ensure } from '@/lib/ensure';
const session = await auth();
ensure(session, 'unauthorized');
await remove(input);
--- lib/ensure.ts
export function ensure(value: unknown, message: string): asserts value { if (!value) console.error(message); }
=== absent: an assertion function about another value
import { ensure } from '@/lib/ensure';
const session = await auth();
ensure(input, 'unauthorized');
await remove(input);
--- lib/ensure.ts
export function ensure(value: unknown, message: string): asserts value { if (!value) throw new Error(message); }
=== proven: a type guard
import { isSignedIn } from '@/lib/guard';
const session = await auth();
if (!isSignedIn(session)) return;
await remove(input);
--- lib/guard.ts
export function isSignedIn(session: unknown): session is { user: object } { return !!session && typeof session === 'object' && 'user' in session; }
=== absent: a type guard that always agrees
import { isSignedIn } from '@/lib/guard';
const session = await auth();
if (!isSignedIn(session)) return;
await remove(input);
--- lib/guard.ts
export function isSignedIn(session: unknown): session is { user: object } { return true; }
=== proven: a callback that gets the session
import { withSession } from '@/lib/session';
return withSession(async (session) => remove(input));
--- lib/session.ts
import { auth } from '@/auth';
export async function withSession<T>(run: (session: any) => Promise<T>) {
  const session = await auth();
  if (!session) throw new Error('unauthorized');
  return run(session);
}
=== absent: a callback that gets null
import { withSession } from '@/lib/session';
return withSession(async (session) => remove(input));
--- lib/session.ts
import { auth } from '@/auth';
export async function withSession<T>(run: (session: any) => Promise<T>) { return run(await auth()); }
",
    );
}

#[test]
fn names_prove_nothing() {
    check(
        r"
=== absent: requireAuth that requires nothing
import { requireAuth } from '@/lib/auth';
await requireAuth();
await remove(input);
--- lib/auth.ts
export async function requireAuth() { return { id: 'user' }; }
=== absent: requireAuth that only asks
import { requireAuth } from '@/lib/auth';
await requireAuth();
await remove(input);
--- lib/auth.ts
import { auth } from '@/auth';
export async function requireAuth() { const session = await auth(); return session; }
=== absent: requireAuth that logs
import { requireAuth } from '@/lib/auth';
await requireAuth();
await remove(input);
--- lib/auth.ts
import { auth } from '@/auth';
export async function requireAuth() { const session = await auth(); if (!session) { console.warn('unauthorized'); } }
=== absent: requireAdmin that is a stub
import { requireAdmin } from '@/lib/auth';
await requireAdmin();
await remove(input);
--- lib/auth.ts
export const requireAdmin = async () => { /* later */ };
=== absent: isAuthenticated that is true
import { isAuthenticated } from '@/lib/auth';
if (!(await isAuthenticated())) return;
await remove(input);
--- lib/auth.ts
export const isAuthenticated = async () => true;
=== absent: getSession that makes one up
import { getSession } from '@/lib/auth';
const session = await getSession();
if (!session) return;
await remove(input);
--- lib/auth.ts
export const getSession = async () => ({ user: { id: 'demo' } });
=== proven: an odd name that guards
import { banana } from '@/lib/fruit';
await banana();
await remove(input);
--- lib/fruit.ts
import { auth } from '@/auth';
export async function banana() { if (!(await auth())) throw new Error('no'); }
=== proven: formatDate that guards
import { formatDate } from '@/lib/date';
const when = await formatDate(new Date());
await remove(input);
--- lib/date.ts
import { auth } from '@/auth';
import { redirect } from 'next/navigation';
export async function formatDate(date: Date) { if (!(await auth())?.user) redirect('/login'); return date.toISOString(); }
=== proven: a delete that guards itself
import { removePost } from '@/lib/own';
await removePost(input);
--- lib/own.ts
import { auth } from '@/auth';
import { db } from './db';
export async function removePost(id: string) { const s = await auth(); if (!s) return; await db.post.delete({ where: { id } }); }
=== absent: auth of one's own under the name
import { auth as check } from '@/lib/own';
const session = await check();
if (!session) return;
await remove(input);
--- lib/own.ts
export const auth = async () => ({ user: { id: 'anyone' } });
=== absent: shadowed auth
const auth = async () => ({ user: { id: 'anyone' } });
const session = await auth();
if (!session) return;
await remove(input);
",
    );
}

#[test]
fn cached() {
    check(
        r"
=== proven: React's cache around a guard
import { verifySession } from '@/lib/dal';
const { userId } = await verifySession();
await remove(input);
--- lib/dal.ts
import 'server-only';
import { cache } from 'react';
import { redirect } from 'next/navigation';
import { auth } from '@/auth';
export const verifySession = cache(async () => {
  const session = await auth();
  if (!session?.user) redirect('/login');
  return { isAuth: true, userId: session.user.id };
});
=== absent: React's cache around nothing
import { verifySession } from '@/lib/dal';
const { isAuth } = await verifySession();
await remove(input);
--- lib/dal.ts
import { cache } from 'react';
import { auth } from '@/auth';
export const verifySession = cache(async () => { const session = await auth(); return { isAuth: !!session }; });
=== proven: the namespace of React
import { getUser } from '@/lib/dal';
if (!(await getUser())) return;
await remove(input);
--- lib/dal.ts
import * as React from 'react';
import { auth } from '@/auth';
export const getUser = React.cache(async () => (await auth())?.user);
=== proven: the default of React
import { getUser } from '@/lib/dal';
if (!(await getUser())) return;
await remove(input);
--- lib/dal.ts
import React from 'react';
import { auth } from '@/auth';
export const getUser = React.cache(async () => (await auth())?.user);
=== proven: memoised by hand
import { guard } from '@/lib/guard';
await guard();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
function memo<T>(make: () => Promise<T>) { let known: Promise<T> | undefined; return () => (known ??= make()); }
export const guard = memo(async () => { const s = await auth(); if (!s) throw new Error('no'); return s; });
=== absent: memoised by hand, of another function
import { guard } from '@/lib/guard';
await guard();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
function memo<T>(make: () => Promise<T>) { let known: Promise<T> | undefined; return () => (known ??= make()); }
export const guard = memo(async () => { const s = await auth(); return s; });
",
    );
}

#[test]
fn classes() {
    check(
        r"
=== proven: method
import { Guard } from '@/lib/guard';
const guard = new Guard();
await guard.check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export class Guard { async check() { const s = await auth(); if (!s) throw new Error('no'); return s; } }
=== absent: method that is not called
import { Guard } from '@/lib/guard';
const guard = new Guard();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export class Guard { async check() { const s = await auth(); if (!s) throw new Error('no'); return s; } }
=== proven: static method
import { Guard } from '@/lib/guard';
await Guard.check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export class Guard { static async check() { const s = await auth(); if (!s) throw new Error('no'); } }
=== proven: static method over this
import { Guard } from '@/lib/guard';
await Guard.check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export class Guard { static async user() { return (await auth())?.user; } static async check() { if (!(await this.user())) throw new Error('no'); } }
=== proven: private method
import { Guard } from '@/lib/guard';
await new Guard().check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export class Guard { async #user() { return (await auth())?.user; } async check() { if (!(await this.#user())) throw new Error('no'); } }
=== proven: arrow property
import { Guard } from '@/lib/guard';
await new Guard().check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export class Guard { check = async () => { if (!(await auth())) throw new Error('no'); }; }
=== proven: singleton
import { guard } from '@/lib/guard';
await guard.check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
class Guard { async check() { if (!(await auth())) throw new Error('no'); } }
export const guard = new Guard();
=== proven: singleton by getInstance
import { Guard } from '@/lib/guard';
await Guard.getInstance().check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export class Guard {
  private static instance: Guard;
  static getInstance() { if (!Guard.instance) Guard.instance = new Guard(); return Guard.instance; }
  async check() { if (!(await auth())) throw new Error('no'); }
}
=== proven: state in the constructor
import { Guard } from '@/lib/guard';
const guard = new Guard(await auth());
guard.check();
await remove(input);
--- lib/guard.ts
export class Guard { constructor(private readonly session: any) {} check() { if (!this.session) throw new Error('no'); } }
=== absent: state in the constructor that is not looked at
import { Guard } from '@/lib/guard';
const guard = new Guard(await auth());
guard.check();
await remove(input);
--- lib/guard.ts
export class Guard { constructor(private readonly session: any) {} check() { return this.session; } }
=== proven: a constructor that throws
import { Guard } from '@/lib/guard';
new Guard(await auth());
await remove(input);
--- lib/guard.ts
export class Guard { constructor(session: any) { if (!session) throw new Error('no'); } }
=== proven: getter
import { Current } from '@/lib/current';
const current = new Current(await auth());
if (!current.isSignedIn) return;
await remove(input);
--- lib/current.ts
export class Current { #session: any; constructor(session: any) { this.#session = session; } get isSignedIn() { return this.#session !== null; } }
=== absent: getter that lies
import { Current } from '@/lib/current';
const current = new Current(await auth());
if (!current.isSignedIn) return;
await remove(input);
--- lib/current.ts
export class Current { #session: any; constructor(session: any) { this.#session = session; } get isSignedIn() { return true; } }
=== absent: the method instead of the getter
import { Current } from '@/lib/current';
const current = new Current(await auth());
if (!current.isSignedIn) return;
await remove(input);
--- lib/current.ts
export class Current { #session: any; constructor(session: any) { this.#session = session; } isSignedIn() { return this.#session !== null; } }
=== proven: inherited
import { Posts } from '@/lib/posts-service';
await new Posts().remove(input);
--- lib/posts-service.ts
import { auth } from '@/auth';
import { db } from './db';
class Service { protected async user() { const s = await auth(); if (!s) throw new Error('no'); return s.user; } }
export class Posts extends Service { async remove(id: string) { await this.user(); await db.post.delete({ where: { id } }); } }
=== absent: overridden
import { Posts } from '@/lib/posts-service';
await new Posts().remove(input);
--- lib/posts-service.ts
import { auth } from '@/auth';
import { db } from './db';
class Service { protected async user() { const s = await auth(); if (!s) throw new Error('no'); return s.user; } }
export class Posts extends Service { protected async user() { return { id: 'x' }; } async remove(id: string) { await this.user(); await db.post.delete({ where: { id } }); } }
=== proven: super method
import { Posts } from '@/lib/posts-service';
await new Posts().remove(input);
--- lib/posts-service.ts
import { auth } from '@/auth';
import { db } from './db';
class Service { async remove(id: string) { if (!(await auth())) throw new Error('no'); } }
export class Posts extends Service { async remove(id: string) { await super.remove(id); await db.post.delete({ where: { id } }); } }
=== absent: super method that is not waited for
import { Posts } from '@/lib/posts-service';
await new Posts().remove(input);
--- lib/posts-service.ts
import { auth } from '@/auth';
import { db } from './db';
class Service { async remove(id: string) { if (!(await auth())) throw new Error('no'); } }
export class Posts extends Service { async remove(id: string) { super.remove(id); await db.post.delete({ where: { id } }); } }
=== proven: super constructor
import { Posts } from '@/lib/posts-service';
await new Posts(await auth()).remove(input);
--- lib/posts-service.ts
import { db } from './db';
class Service { constructor(protected session: any) { if (!session) throw new Error('no'); } }
export class Posts extends Service { async remove(id: string) { await db.post.delete({ where: { id } }); } }
=== proven: abstract template method
import { Delete } from '@/lib/command';
await new Delete().run(input);
--- lib/command.ts
import { auth } from '@/auth';
import { db } from './db';
abstract class Command { abstract execute(id: string): Promise<void>; async run(id: string) { if (!(await auth())) return; await this.execute(id); } }
export class Delete extends Command { async execute(id: string) { await db.post.delete({ where: { id } }); } }
=== absent: around the template method
import { Delete } from '@/lib/command';
await new Delete().execute(input);
--- lib/command.ts
import { auth } from '@/auth';
import { db } from './db';
abstract class Command { abstract execute(id: string): Promise<void>; async run(id: string) { if (!(await auth())) return; await this.execute(id); } }
export class Delete extends Command { async execute(id: string) { await db.post.delete({ where: { id } }); } }
=== proven: object of functions
import { guards } from '@/lib/guard';
await guards.user();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export const guards = { async user() { if (!(await auth())) throw new Error('no'); } };
=== proven: this in an object
import { guards } from '@/lib/guard';
await guards.check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export const guards = { async user() { return (await auth())?.user; }, async check() { if (!(await this.user())) throw new Error('no'); } };
=== proven: a factory of services
import { posts } from '@/lib/service';
await posts(await auth()).remove(input);
--- lib/service.ts
import { db } from './db';
export function posts(session: any) {
  const check = () => { if (!session) throw new Error('no'); };
  return { async remove(id: string) { check(); await db.post.delete({ where: { id } }); } };
}
",
    );
}

#[test]
fn modules() {
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
=== proven: TypeScript namespace and enum
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

#[test]
fn recursion() {
    check(
        r"
=== proven: a guard, then recursion
const session = await auth();
if (!session) return;
await tree(input);
async function tree(node: any) { await remove(node.id); for (const child of node.children) await tree(child); }
=== absent: recursion without a guard
await tree(input);
async function tree(node: any) { for (const child of node.children) await tree(child); await remove(node.id); }
=== proven: a guard inside of the recursion
await tree(input);
async function tree(node: any) { if (!(await auth())) return; await remove(node.id); for (const child of node.children) await tree(child); }
=== absent: a guard after the recursion
await tree(input);
async function tree(node: any) { await remove(node.id); for (const child of node.children) await tree(child); if (!(await auth())) return; }
=== proven: mutual recursion
import { even } from '@/lib/even';
await even(input);
await remove(input);
--- lib/even.ts
import { odd } from './odd';
import { auth } from '@/auth';
export async function even(n: number): Promise<boolean> { if (!(await auth())) throw new Error('no'); return n === 0 ? true : odd(n - 1); }
--- lib/odd.ts
import { even } from './even';
export async function odd(n: number): Promise<boolean> { return n === 0 ? false : even(n - 1); }
=== absent: mutual recursion without a guard
import { even } from '@/lib/even';
await even(input);
await remove(input);
--- lib/even.ts
import { odd } from './odd';
export async function even(n: number): Promise<boolean> { return n === 0 ? true : odd(n - 1); }
--- lib/odd.ts
import { even } from './even';
export async function odd(n: number): Promise<boolean> { return n === 0 ? false : even(n - 1); }
",
    );
}

#[test]
fn arguments() {
    check(
        r"
=== proven: the session as an argument
import { removeFor } from '@/lib/remove-for';
await removeFor(await auth(), input);
--- lib/remove-for.ts
import { db } from './db';
export async function removeFor(session: any, id: string) { if (!session) return; await db.post.delete({ where: { id } }); }
=== absent: the client as the argument
import { removeFor } from '@/lib/remove-for';
await removeFor(input.session, input.id);
--- lib/remove-for.ts
import { db } from './db';
export async function removeFor(session: any, id: string) { if (!session) return; await db.post.delete({ where: { id } }); }
=== proven: a default argument
import { guard } from '@/lib/guard';
await guard();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export async function guard(session = auth()) { if (!(await session)) throw new Error('no'); }
=== proven: an option that asks for the check
import { getSession } from '@/lib/session';
await getSession({ required: true });
await remove(input);
--- lib/session.ts
import { auth } from '@/auth';
export async function getSession({ required = false } = {}) { const s = await auth(); if (!s && required) throw new Error('no'); return s; }
=== absent: an option that does not
import { getSession } from '@/lib/session';
await getSession();
await remove(input);
--- lib/session.ts
import { auth } from '@/auth';
export async function getSession({ required = false } = {}) { const s = await auth(); if (!s && required) throw new Error('no'); return s; }
=== absent: the client turns the check off
import { getSession } from '@/lib/session';
await getSession({ required: input.required });
await remove(input);
--- lib/session.ts
import { auth } from '@/auth';
export async function getSession({ required = false } = {}) { const s = await auth(); if (!s && required) throw new Error('no'); return s; }
=== proven: rest and spread
import { all } from '@/lib/all';
const session = await auth();
all(...[input, session]);
await remove(input);
--- lib/all.ts
export function all(...values: unknown[]) { for (const value of values) if (!value) throw new Error('missing'); }
=== proven: every
const session = await auth();
if (![session, input].every(Boolean)) return;
await remove(input);
=== absent: some
const session = await auth();
if (![session, input].some(Boolean)) return;
await remove(input);
=== proven: a context object that is spread
import { context } from '@/lib/context';
const ctx = { ...(await context()), input };
if (!ctx.user) return;
await remove(input);
--- lib/context.ts
import { auth } from '@/auth';
export const context = async () => ({ user: (await auth())?.user });
=== absent: a context object that is overwritten
import { context } from '@/lib/context';
const ctx = { ...(await context()), ...input };
if (!ctx.user) return;
await remove(input);
--- lib/context.ts
import { auth } from '@/auth';
export const context = async () => ({ user: (await auth())?.user });
=== proven: bind and call
import { guard } from '@/lib/guard';
await guard.call(null, 'admin');
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export async function guard(role: string) { if ((await auth())?.user?.role !== role) throw new Error('no'); }
=== proven: a generator that is run
const session = await auth();
for (const id of ids()) await remove(id);
function* ids() { if (!session) return; yield* input.ids; }
",
    );
}
