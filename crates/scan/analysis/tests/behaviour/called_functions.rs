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
=== gap absent/proven: a generator that is run
// What a generator yields is not followed: a loop over it may run with anything.
const session = await auth();
for (const id of ids()) await remove(id);
function* ids() { if (!session) return; yield* input.ids; }
",
    );
}
