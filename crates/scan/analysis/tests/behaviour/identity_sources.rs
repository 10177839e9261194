//! Who says who calls: sources of libraries, own sessions, declared guards, and words that nobody verified.

use crate::support::{check, with};

#[test]
fn hosted() {
    check(
        r"
=== proven: Clerk auth
import { auth } from '@clerk/nextjs/server';
const { userId } = await auth();
if (!userId) throw new Error('no');
await remove(input);
=== absent: Clerk auth is never null
import { auth } from '@clerk/nextjs/server';
const session = await auth();
if (!session) throw new Error('no');
await remove(input);
=== absent: Clerk auth, nobody looks
import { auth } from '@clerk/nextjs/server';
const { userId } = await auth();
await remove(input);
=== proven: Clerk auth of version 5
import { auth } from '@clerk/nextjs/server';
const { userId } = auth();
if (!userId) return;
await remove(input);
=== proven: Clerk protect
import { auth } from '@clerk/nextjs/server';
await auth.protect();
await remove(input);
=== absent: Clerk protect that is not awaited
import { auth } from '@clerk/nextjs/server';
auth.protect();
await remove(input);
=== proven: Clerk protect of version 5
import { auth } from '@clerk/nextjs/server';
auth().protect();
await remove(input);
=== proven: Clerk currentUser
import { currentUser } from '@clerk/nextjs/server';
const user = await currentUser();
if (!user) return;
await remove(input);
=== absent: Clerk currentUser with a default
import { currentUser } from '@clerk/nextjs/server';
const user = (await currentUser()) ?? { id: 'anonymous' };
if (!user) return;
await remove(input);
=== proven: Clerk has
import { auth } from '@clerk/nextjs/server';
const { has } = await auth();
if (!has({ role: 'org:admin' })) return;
await remove(input);
=== proven: Clerk redirectToSignIn
import { auth } from '@clerk/nextjs/server';
const { userId, redirectToSignIn } = await auth();
if (!userId) return redirectToSignIn();
await remove(input);
=== proven: WorkOS with ensureSignedIn
import { withAuth } from '@workos-inc/authkit-nextjs';
const { user } = await withAuth({ ensureSignedIn: true });
await remove(input);
=== absent: WorkOS without
import { withAuth } from '@workos-inc/authkit-nextjs';
const { user } = await withAuth();
await remove(input);
=== proven: WorkOS and a check
import { withAuth } from '@workos-inc/authkit-nextjs';
const { user } = await withAuth();
if (!user) return;
await remove(input);
=== proven: Auth0 version 3
import { getSession } from '@auth0/nextjs-auth0';
const session = await getSession();
if (!session) return;
await remove(input);
=== proven: Auth0 version 4
import { auth0 } from '@/lib/auth0';
const session = await auth0.getSession();
if (!session?.user) return;
await remove(input);
--- lib/auth0.ts
import { Auth0Client } from '@auth0/nextjs-auth0/server';
export const auth0 = new Auth0Client();
=== absent: Auth0, nobody looks
import { auth0 } from '@/lib/auth0';
const session = await auth0.getSession();
await remove(input);
--- lib/auth0.ts
import { Auth0Client } from '@auth0/nextjs-auth0/server';
export const auth0 = new Auth0Client();
=== proven: Kinde getUser
import { getKindeServerSession } from '@kinde-oss/kinde-auth-nextjs/server';
const { getUser } = getKindeServerSession();
const user = await getUser();
if (!user?.id) return;
await remove(input);
=== proven: Kinde isAuthenticated
import { getKindeServerSession } from '@kinde-oss/kinde-auth-nextjs/server';
const { isAuthenticated } = getKindeServerSession();
if (!(await isAuthenticated())) redirect('/api/auth/login');
await remove(input);
=== absent: Kinde isAuthenticated that is not awaited
import { getKindeServerSession } from '@kinde-oss/kinde-auth-nextjs/server';
const { isAuthenticated } = getKindeServerSession();
if (!isAuthenticated()) redirect('/api/auth/login');
await remove(input);
=== proven: Firebase Admin session cookie
import { getAuth } from 'firebase-admin/auth';
const cookie = (await cookies()).get('session')?.value;
if (!cookie) return;
const token = await getAuth().verifySessionCookie(cookie, true);
await remove(input);
=== absent: Firebase Admin, caught and dropped
import { getAuth } from 'firebase-admin/auth';
const cookie = (await cookies()).get('session')?.value ?? '';
await getAuth().verifySessionCookie(cookie, true).catch(() => null);
await remove(input);
=== proven: Firebase Admin identity token of the client
import { getAuth } from 'firebase-admin/auth';
const token = await getAuth().verifyIdToken(input.token);
await remove(token.uid);
=== proven: Stack
import { stackServerApp } from '@/lib/stack';
const user = await stackServerApp.getUser();
if (!user) return;
await remove(input);
--- lib/stack.ts
import { StackServerApp } from '@stackframe/stack';
export const stackServerApp = new StackServerApp({ tokenStore: 'nextjs-cookie' });
=== proven: Stack or redirect
import { stackServerApp } from '@/lib/stack';
await stackServerApp.getUser({ or: 'redirect' });
await remove(input);
--- lib/stack.ts
import { StackServerApp } from '@stackframe/stack';
export const stackServerApp = new StackServerApp({ tokenStore: 'nextjs-cookie' });
=== absent: Stack, nobody looks
import { stackServerApp } from '@/lib/stack';
await stackServerApp.getUser();
await remove(input);
--- lib/stack.ts
import { StackServerApp } from '@stackframe/stack';
export const stackServerApp = new StackServerApp({ tokenStore: 'nextjs-cookie' });
",
    );
}

#[test]
fn libraries() {
    check(
        r"
=== proven: Auth.js 5
const session = await auth();
if (!session?.user?.id) throw new Error('no');
await remove(input);
=== proven: NextAuth 4
import { getServerSession } from 'next-auth';
import { options } from '@/lib/options';
const session = await getServerSession(options);
if (!session) throw new Error('no');
await remove(input);
--- lib/options.ts
export const options = { providers: [] };
=== proven: NextAuth 4 from its old place
import { getServerSession } from 'next-auth/next';
const session = await getServerSession({ providers: [] });
if (!session) redirect('/login');
await remove(input);
=== absent: NextAuth 4, not awaited
import { getServerSession } from 'next-auth';
const session = getServerSession();
if (!session) throw new Error('no');
await remove(input);
=== proven: NextAuth 4 by a helper with rest arguments
import { session } from '@/lib/session';
if (!(await session())) throw new Error('no');
await remove(input);
--- lib/session.ts
import { getServerSession } from 'next-auth';
export const session = (...args: any[]) => getServerSession(...args, { providers: [] });
=== proven: Better Auth
import { auth } from '@/lib/better';
const session = await auth.api.getSession({ headers: await headers() });
if (!session) throw new Error('no');
await remove(input);
--- lib/better.ts
import { betterAuth } from 'better-auth';
export const auth = betterAuth({ emailAndPassword: { enabled: true } });
=== absent: Better Auth, nobody looks
import { auth } from '@/lib/better';
const session = await auth.api.getSession({ headers: await headers() });
await remove(input);
--- lib/better.ts
import { betterAuth } from 'better-auth';
export const auth = betterAuth({ emailAndPassword: { enabled: true } });
=== proven: iron-session
import { getIronSession } from 'iron-session';
const session = await getIronSession(await cookies(), { password: process.env.SECRET!, cookieName: 's' });
if (!session.userId) return;
await remove(input);
=== absent: iron-session is never null
import { getIronSession } from 'iron-session';
const session = await getIronSession(await cookies(), { password: process.env.SECRET!, cookieName: 's' });
if (!session) return;
await remove(input);
=== proven: iron-session with a flag
import { getSession } from '@/lib/session';
const session = await getSession();
if (!session.isLoggedIn) throw new Error('no');
await remove(input);
--- lib/session.ts
import { getIronSession } from 'iron-session';
import { cookies } from 'next/headers';
export async function getSession() {
  const session = await getIronSession<{ isLoggedIn?: boolean }>(await cookies(), { password: process.env.SECRET!, cookieName: 's' });
  if (!session.isLoggedIn) session.isLoggedIn = false;
  return session;
}
=== absent: iron-session with the flag set for everybody
import { getSession } from '@/lib/session';
const session = await getSession();
if (!session.isLoggedIn) throw new Error('no');
await remove(input);
--- lib/session.ts
import { getIronSession } from 'iron-session';
import { cookies } from 'next/headers';
export async function getSession() {
  const session = await getIronSession<{ isLoggedIn?: boolean }>(await cookies(), { password: process.env.SECRET!, cookieName: 's' });
  session.isLoggedIn = true;
  return session;
}
=== proven: jose, caught to null
import { decrypt } from '@/lib/session';
const session = await decrypt((await cookies()).get('session')?.value);
if (!session?.userId) redirect('/login');
await remove(input);
--- lib/session.ts
import 'server-only';
import { SignJWT, jwtVerify } from 'jose';
const key = new TextEncoder().encode(process.env.SESSION_SECRET);
export async function encrypt(payload: any) { return new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(key); }
export async function decrypt(session: string | undefined = '') {
  try { const { payload } = await jwtVerify(session, key, { algorithms: ['HS256'] }); return payload; } catch (error) { console.log('failed'); }
}
=== absent: jose, caught to something truthy
import { decrypt } from '@/lib/session';
const session = await decrypt((await cookies()).get('session')?.value);
if (!session) redirect('/login');
await remove(input);
--- lib/session.ts
import { jwtVerify } from 'jose';
const key = new TextEncoder().encode(process.env.SESSION_SECRET);
export async function decrypt(session: string | undefined = '') {
  try { const { payload } = await jwtVerify(session, key); return payload; } catch (error) { return {}; }
}
=== proven: jsonwebtoken verify
import jwt from 'jsonwebtoken';
const token = (await cookies()).get('token')?.value;
if (!token) return;
const user = jwt.verify(token, process.env.JWT_SECRET!);
await remove(input);
=== absent: jsonwebtoken decode
import jwt from 'jsonwebtoken';
const token = (await cookies()).get('token')?.value;
if (!token) return;
const user = jwt.decode(token);
if (!user) return;
await remove(input);
=== absent: jose decodeJwt
import { decodeJwt } from 'jose';
const token = (await cookies()).get('token')?.value;
if (!token) return;
const user = decodeJwt(token);
if (!user.sub) return;
await remove(input);
=== proven: Lucia
import { validateRequest } from '@/lib/lucia';
const { user } = await validateRequest();
if (!user) throw new Error('no');
await remove(input);
--- lib/lucia.ts
import { Lucia } from 'lucia';
import { cookies } from 'next/headers';
import { cache } from 'react';
export const lucia = new Lucia({} as any, {});
export const validateRequest = cache(async () => {
  const sessionId = (await cookies()).get(lucia.sessionCookieName)?.value ?? null;
  if (!sessionId) return { user: null, session: null };
  return lucia.validateSession(sessionId);
});
=== absent: Lucia, the object is never null
import { validateRequest } from '@/lib/lucia';
const result = await validateRequest();
if (!result) throw new Error('no');
await remove(input);
--- lib/lucia.ts
import { Lucia } from 'lucia';
import { cookies } from 'next/headers';
export const lucia = new Lucia({} as any, {});
export const validateRequest = async () => {
  const sessionId = (await cookies()).get(lucia.sessionCookieName)?.value ?? null;
  if (!sessionId) return { user: null, session: null };
  return lucia.validateSession(sessionId);
};
",
    );
}

const SUPABASE: &str = r"
--- lib/supabase.ts
import { createServerClient } from '@supabase/ssr';
import { cookies } from 'next/headers';
export async function createClient() {
  const store = await cookies();
  return createServerClient(process.env.URL!, process.env.KEY!, { cookies: { getAll: () => store.getAll(), setAll() {} } });
}
";

#[test]
fn supabase() {
    let table = r"
=== proven: getUser
const { data: { user } } = await supabase.auth.getUser();
if (!user) return;
await remove(input);
=== proven: getUser, by the error
const { data, error } = await supabase.auth.getUser();
if (error || !data?.user) redirect('/login');
await remove(input);
=== proven: getUser, only by the error
const { data, error } = await supabase.auth.getUser();
if (error) throw error;
await remove(input);
=== absent: getUser, the data is never null
const { data } = await supabase.auth.getUser();
if (!data) return;
await remove(input);
=== absent: getUser, nobody looks
const { data: { user } } = await supabase.auth.getUser();
await supabase.from('posts').delete().eq('id', input);
=== proven: getClaims
const { data } = await supabase.auth.getClaims();
if (!data?.claims) return;
await remove(input);
=== absent: getSession believes the cookie
const { data: { session } } = await supabase.auth.getSession();
if (!session) return;
await remove(input);
=== proven: getSession first, then getUser
const { data: { session } } = await supabase.auth.getSession();
if (!session) return;
const { data: { user } } = await supabase.auth.getUser();
if (!user) return;
await remove(input);
=== absent: insert with the id of nobody
const { data: { user } } = await supabase.auth.getUser();
await supabase.from('posts').insert({ author: user?.id, title: input });
=== proven: insert that fails for nobody
const { data: { user } } = await supabase.auth.getUser();
await supabase.from('posts').insert({ author: user!.id, title: input });
";
    let lines = "import { createClient } from '@/lib/supabase';\nconst supabase = await createClient();";
    check(&with(table, lines, SUPABASE));
}

#[test]
fn own_sessions() {
    check(
        r"
=== proven: a session looked up by the hash of the cookie
import { getCurrentSession } from '@/lib/session';
const { user } = await getCurrentSession();
if (!user) throw new Error('no');
await remove(input);
--- lib/session.ts
import { createHash } from 'node:crypto';
import { cookies } from 'next/headers';
import { cache } from 'react';
import { db } from './db';
export async function validate(token: string) {
  const id = createHash('sha256').update(token).digest('hex');
  const found = await db.session.findUnique({ where: { id }, include: { user: true } });
  if (!found) return { session: null, user: null };
  const { user, ...session } = found;
  if (Date.now() >= session.expiresAt.getTime()) { await db.session.delete({ where: { id } }); return { session: null, user: null }; }
  return { session, user };
}
export const getCurrentSession = cache(async () => {
  const token = (await cookies()).get('session')?.value ?? null;
  if (token === null) return { session: null, user: null };
  return validate(token);
});
=== absent: the same, nobody looks
import { getCurrentSession } from '@/lib/session';
const { user } = await getCurrentSession();
await remove(input);
--- lib/session.ts
import { cookies } from 'next/headers';
import { db } from './db';
export const getCurrentSession = async () => {
  const token = (await cookies()).get('session')?.value ?? null;
  if (token === null) return { session: null, user: null };
  const session = await db.session.findUnique({ where: { token }, include: { user: true } });
  return { session, user: session?.user ?? null };
};
=== absent: that there is a cookie proves nothing
const token = (await cookies()).get('session');
if (!token) redirect('/login');
await remove(input);
=== absent: that there is a cookie with a value proves nothing
const token = (await cookies()).get('session')?.value;
if (!token) throw new Error('no');
await remove(input);
=== absent: cookies().has
if (!(await cookies()).has('session')) return;
await remove(input);
=== absent: the id of the user in a cookie
const userId = (await cookies()).get('userId')?.value;
if (!userId) return;
await db.post.deleteMany({ where: { authorId: userId } });
=== absent: the role in a cookie
if ((await cookies()).get('role')?.value !== 'admin') return;
await remove(input);
=== absent: an unsigned cookie of JSON
const user = JSON.parse((await cookies()).get('user')?.value ?? 'null');
if (!user) return;
await remove(input);
=== absent: an unsigned cookie in base 64
const raw = (await cookies()).get('user')?.value;
if (!raw) return;
const user = JSON.parse(Buffer.from(raw, 'base64').toString());
if (user.role !== 'admin') return;
await remove(input);
=== absent: a header
const user = (await headers()).get('x-user-id');
if (!user) return;
await remove(input);
=== absent: an Authorization header that is only there
const authorization = (await headers()).get('authorization');
if (!authorization?.startsWith('Bearer ')) return;
await remove(input);
=== proven: a signed cookie
import { readSession } from '@/lib/signed';
const session = await readSession();
if (!session) return;
await remove(input);
--- lib/signed.ts
import { createHmac, timingSafeEqual } from 'node:crypto';
import { cookies } from 'next/headers';
export async function readSession() {
  const raw = (await cookies()).get('session')?.value;
  if (!raw) return null;
  const [payload, signature] = raw.split('.');
  const expected = createHmac('sha256', process.env.SECRET!).update(payload).digest();
  const given = Buffer.from(signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}
=== absent: a signed cookie whose signature nobody checks
import { readSession } from '@/lib/signed';
const session = await readSession();
if (!session) return;
await remove(input);
--- lib/signed.ts
import { createHmac, timingSafeEqual } from 'node:crypto';
import { cookies } from 'next/headers';
export async function readSession() {
  const raw = (await cookies()).get('session')?.value;
  if (!raw) return null;
  const [payload, signature] = raw.split('.');
  const expected = createHmac('sha256', process.env.SECRET!).update(payload).digest('hex');
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}
=== absent: a signed cookie whose check is ignored
import { readSession } from '@/lib/signed';
const session = await readSession();
if (!session) return;
await remove(input);
--- lib/signed.ts
import { createHmac, timingSafeEqual } from 'node:crypto';
import { cookies } from 'next/headers';
export async function readSession() {
  const raw = (await cookies()).get('session')?.value;
  if (!raw) return null;
  const [payload, signature] = raw.split('.');
  const expected = createHmac('sha256', process.env.SECRET!).update(payload).digest();
  timingSafeEqual(Buffer.from(signature, 'hex'), expected);
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}
=== proven: a shared secret in the payload
if (input.secret !== process.env.CRON_SECRET) throw new Error('no');
await remove(input.id);
=== absent: a shared secret that is only logged
if (input.secret !== process.env.CRON_SECRET) console.warn('wrong secret');
await remove(input.id);
=== absent: a secret that everybody knows
if (input.secret !== 'letmein') throw new Error('no');
await remove(input.id);
=== absent: a public variable is no secret
if (input.secret !== process.env.NEXT_PUBLIC_KEY) throw new Error('no');
await remove(input.id);
=== proven: a shared secret in a header
if ((await headers()).get('authorization') !== `Bearer ${process.env.CRON_SECRET}`) return;
await remove(input.id);
=== absent: the client says who it is
const user = await db.user.findUnique({ where: { id: input.userId } });
if (!user) return;
await remove(input.id);
=== absent: the client says that it is an administrator
if (!input.isAdmin) return;
await remove(input.id);
=== absent: the role of a row that the client chose
const user = await db.user.findUnique({ where: { id: input.userId } });
if (user?.role !== 'admin') throw new Error('no');
await remove(input.id);
",
    );
}

#[test]
fn declared() {
    check(
        r#"
=== proven: a declared guard in a file
import { check } from '@/lib/legacy';
await check();
await remove(input);
--- lib/legacy.ts
export async function check() { await (globalThis as any).__legacy.run(); }
--- portcullis.toml
[scan.auth]
guards = ["lib/legacy.ts#check"]
=== absent: the same, not declared
import { check } from '@/lib/legacy';
await check();
await remove(input);
--- lib/legacy.ts
export async function check() { console.log('checked'); }
=== absent: another function is declared
import { check } from '@/lib/legacy';
await check();
await remove(input);
--- lib/legacy.ts
export async function check() { console.log('checked'); }
export async function other() { console.log('checked'); }
--- portcullis.toml
[scan.auth]
guards = ["lib/legacy.ts#other"]
=== absent: a declared guard that is not called
import { check } from '@/lib/legacy';
if (input.check) await check();
await remove(input);
--- lib/legacy.ts
export async function check() { console.log('checked'); }
--- portcullis.toml
[scan.auth]
guards = ["lib/legacy.ts#check"]
=== absent: a declared guard that is not awaited
import { check } from '@/lib/legacy';
check();
await remove(input);
--- lib/legacy.ts
export async function check() { console.log('checked'); }
--- portcullis.toml
[scan.auth]
guards = ["lib/legacy.ts#check"]
=== proven: a declared arrow function
import { check } from '@/lib/legacy';
await check();
await remove(input);
--- lib/legacy.ts
export const check = async () => { console.log('checked'); };
--- portcullis.toml
[scan.auth]
guards = ["lib/legacy.ts#check"]
=== gap absent/proven: a declared default export
// Declared guards are found by the name of the function, and this one has none.
import check from '@/lib/legacy';
await check();
await remove(input);
--- lib/legacy.ts
export default async function () { console.log('checked'); }
--- portcullis.toml
[scan.auth]
guards = ["lib/legacy.ts#default"]
=== gap unknown/proven: a declared function of a package
// Declared guards are looked for among the functions of the project only.
import { requireUser } from '@acme/platform-auth';
await requireUser();
await remove(input);
--- portcullis.toml
[scan.auth]
guards = ["@acme/platform-auth#requireUser"]
=== proven: a declared guard behind a barrel
import { check } from '@/lib';
await check();
await remove(input);
--- lib/index.ts
export * from './legacy';
--- lib/legacy.ts
export async function check() { console.log('checked'); }
--- portcullis.toml
[scan.auth]
guards = ["lib/legacy.ts#check"]
=== absent: a function of the same name elsewhere
import { check } from '@/lib/other';
await check();
await remove(input);
--- lib/other.ts
export async function check() { console.log('checked'); }
--- lib/legacy.ts
export async function check() { console.log('checked'); }
--- portcullis.toml
[scan.auth]
guards = ["lib/legacy.ts#check"]
"#,
    );
}
