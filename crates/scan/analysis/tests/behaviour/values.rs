//! How values travel: through objects that are shared and changed, closures, lists, texts and the variables of modules.

use crate::support::check;

#[test]
fn shared_objects() {
    check(
        r"
=== gap not-needed/proven: filled in by a function
// Objects are values, not identities: the caller's copy stays empty, and all are turned away.
import { fill } from '@/lib/fill';
const context: any = {};
await fill(context);
if (!context.user) return;
await remove(input);
--- lib/fill.ts
import { auth } from '@/auth';
export async function fill(context: any) { context.user = (await auth())?.user; }
=== gap not-needed/absent: filled in by a function that lies
// Objects are values, not identities: the caller's copy stays empty, and all are turned away.
import { fill } from '@/lib/fill';
const context: any = {};
await fill(context);
if (!context.user) return;
await remove(input);
--- lib/fill.ts
import { auth } from '@/auth';
export async function fill(context: any) { context.user = (await auth())?.user ?? { id: 'guest' }; }
=== gap proven/absent: filled in through another name
// Objects are values, not identities: what is written by one name is not seen by the other.
const context: any = {};
const other = context;
other.user = { id: 'guest' };
const session = await auth();
if (!session && !context.user) return;
await remove(input);
=== gap absent/proven: emptied through another name
// Objects are values, not identities: what is written by one name is not seen by the other.
const context: any = { user: { id: 'guest' } };
const other = context;
other.user = (await auth())?.user;
if (!context.user) return;
await remove(input);
=== gap not-needed/absent: a list that a function fills
// Objects are values, not identities: the caller's copy stays empty, and all are turned away.
import { collect } from '@/lib/collect';
const users: any[] = [];
await collect(users);
if (users.length === 0) return;
await remove(input);
--- lib/collect.ts
export async function collect(users: any[]) { users.push({ id: 'guest' }); }
=== gap not-needed/proven: a list that a function fills for somebody
// Objects are values, not identities: the caller's copy stays empty, and all are turned away.
import { collect } from '@/lib/collect';
const users: any[] = [];
await collect(users);
if (users.length === 0) return;
await remove(input);
--- lib/collect.ts
import { auth } from '@/auth';
export async function collect(users: any[]) { const s = await auth(); if (s) users.push(s.user); }
=== gap unknown/proven: a context that passes through layers of one's own
// Objects are values, not identities: the inner layer sees an empty context.
import { run } from '@/lib/layers';
return run(async (context) => { if (!context.user) throw new Error('no'); await remove(input); });
--- lib/layers.ts
import { auth } from '@/auth';
const withUser = async (context: any, next: any) => { context.user = (await auth())?.user; return next(); };
export function run(handler: any) { const context: any = {}; return withUser(context, () => handler(context)); }
=== gap unknown/absent: a context that passes through a layer that lies
// Objects are values, not identities: the inner layer sees an empty context.
import { run } from '@/lib/layers';
return run(async (context) => { if (!context.user) throw new Error('no'); await remove(input); });
--- lib/layers.ts
import { auth } from '@/auth';
const withUser = async (context: any, next: any) => { context.user = (await auth())?.user ?? { id: 'guest' }; return next(); };
export function run(handler: any) { const context: any = {}; return withUser(context, () => handler(context)); }
=== gap not-needed/proven: an instance that a function changes
// Objects are values, not identities: the caller's copy stays empty, and all are turned away.
import { Context, load } from '@/lib/context';
const context = new Context();
await load(context);
if (!context.user) return;
await remove(input);
--- lib/context.ts
import { auth } from '@/auth';
export class Context { user: any = null; }
export async function load(context: Context) { context.user = (await auth())?.user; }
=== absent: changed by a callback
const state = { allowed: false };
input.forEach(() => { state.allowed = true; });
const session = await auth();
if (!session && !state.allowed) return;
await remove(input);
=== absent: the session object is filled in
const session: any = (await auth()) ?? {};
session.user = { id: 'guest' };
if (!session.user) return;
await remove(input);
=== proven: a copy is filled in
const session: any = await auth();
const copy = { ...session, user: { id: 'guest' } };
console.log(copy);
if (!session?.user) return;
await remove(input);
=== absent: a copy of nobody is an object
const session = { ...(await auth()) };
if (!session) return;
await remove(input);
=== proven: a copy of nobody has no user
const session: any = { ...(await auth()) };
if (!session.user) return;
await remove(input);
=== absent: Object.assign with the client's object
const context: any = Object.assign({ user: (await auth())?.user }, input);
if (!context.user) return;
await remove(input);
=== proven: Object.assign the other way around
const context: any = Object.assign({}, input, { user: (await auth())?.user });
if (!context.user) return;
await remove(input);
=== absent: a key that the client chooses
const context: any = { user: (await auth())?.user };
context[input.key] = input.value;
if (!context.user) return;
await remove(input);
=== absent: a field that the client chooses
const session: any = (await auth()) ?? { guest: true };
if (!session[input.field]) return;
await remove(input);
=== proven: deleted
const context: any = { user: { id: 'guest' } };
delete context.user;
const session = await auth();
if (!(session ?? context.user)) return;
await remove(input);
=== proven: a getter of an object
import { current } from '@/lib/current';
if (!(await current.user)) return;
await remove(input);
--- lib/current.ts
import { auth } from '@/auth';
export const current = { get user() { return auth().then((session) => session?.user); } };
",
    );
}

#[test]
fn closures_and_module_variables() {
    check(
        r"
=== proven: a variable that a closure sets
let user: any;
const load = async () => { user = (await auth())?.user; };
await load();
if (!user) return;
await remove(input);
=== absent: a variable that a closure sets to somebody
let user: any;
const load = async () => { user = (await auth())?.user; if (!user) user = { id: 'guest' }; };
await load();
if (!user) return;
await remove(input);
=== absent: a variable whose closure never runs
let user: any = { id: 'guest' };
const load = async () => { user = (await auth())?.user; };
if (!user) return;
await remove(input);
=== proven: a constant of the module
export const act = async (id: string) => { const s = await auth(); if (!ALLOWED.includes(s?.user?.role)) return; await remove(id); };
const ALLOWED = ['admin', 'editor'];
=== absent: a constant of the module that disables the check
export const act = async (id: string) => { const s = await auth(); if (CHECK && !s) return; await remove(id); };
const CHECK = false;
=== absent: a switch of another file may be turned
import { config } from '@/lib/config';
const session = await auth();
if (config.checks.session && !session) return;
await remove(input);
--- lib/config.ts
export const config = { checks: { session: true } };
=== proven: a mode of another file that enables the check
import { config } from '@/lib/config';
const session = await auth();
if (config.checks.mode === 'session' && !session) return;
await remove(input);
--- lib/config.ts
export const config = { checks: { mode: 'session' } };
=== gap proven/absent: a variable of the module that another request may have set
// The state of a module is taken to be what this request made of it.
import { state } from '@/lib/state';
const session = await auth();
if (session) state.user = session.user;
if (!state.user) return;
await remove(input);
--- lib/state.ts
export const state: { user?: any } = {};
=== proven: a map of guards
import { guards } from '@/lib/guards';
await guards['user']();
await remove(input);
--- lib/guards.ts
import { auth } from '@/auth';
export const guards = { user: async () => { if (!(await auth())) throw new Error('no'); }, none: async () => {} };
=== absent: a map of guards, chosen by the client
import { guards } from '@/lib/guards';
await guards[input.guard]();
await remove(input);
--- lib/guards.ts
import { auth } from '@/auth';
export const guards: any = { user: async () => { if (!(await auth())) throw new Error('no'); }, none: async () => {} };
=== proven: a set of roles
const ADMINS = new Set(['a@example.com']);
const session = await auth();
if (!session || !ADMINS.has(session.user.email)) return;
await remove(input);
=== gap absent/proven: a set of roles, asked about nobody
// What a set holds is not followed, so that it may hold `undefined`.
const ADMINS = new Set(['a@example.com']);
const session = await auth();
if (!ADMINS.has(session?.user?.email)) return;
await remove(input);
=== absent: a set of the banned, asked about nobody
const BANNED = new Set(['b@example.com']);
const session = await auth();
if (BANNED.has(session?.user?.email)) return;
await remove(input);
=== proven: permissions by role
const PERMISSIONS: any = { admin: ['delete'], user: [] };
const session = await auth();
if (!PERMISSIONS[session?.user?.role]?.includes('delete')) return;
await remove(input);
=== absent: permissions by role with a default
const PERMISSIONS: any = { admin: ['delete'], user: ['delete'] };
const session = await auth();
if (!PERMISSIONS[session?.user?.role ?? 'user']?.includes('delete')) return;
await remove(input);
=== absent: levels by role, and nobody has undefined
const LEVELS: any = { admin: 3, user: 1 };
const session = await auth();
if (LEVELS[session?.user?.role] < 3) return;
await remove(input);
=== proven: levels by role, the other way
const LEVELS: any = { admin: 3, user: 1 };
const session = await auth();
if (!(LEVELS[session?.user?.role] >= 3)) return;
await remove(input);
",
    );
}

#[test]
fn lists_texts_and_rows() {
    check(
        r"
=== gap absent/proven: the length of the keys
// The keys of an object are a list of unknown length, even of an empty one.
const session = await auth();
if (Object.keys(session ?? {}).length === 0) return;
await remove(input);
=== proven: some of the roles
const session = await auth();
if (!(session?.user?.roles ?? []).some((role) => role === 'admin')) return;
await remove(input);
=== absent: every of no roles
const session = await auth();
if (!(session?.user?.roles ?? []).every((role) => role === 'admin')) return;
await remove(input);
=== proven: the end of an address
const session = await auth();
if (!session?.user?.email?.endsWith('@example.com')) return;
await remove(input);
=== absent: the end of an address, the wrong way
const session = await auth();
if (session?.user?.email?.endsWith('@spam.example')) return;
await remove(input);
=== proven: a membership of the caller
const session = await auth();
const member = session?.user?.id ? await db.member.findFirst({ where: { userId: session.user.id, teamId: input.teamId } }) : null;
if (!member) return;
await remove(input);
=== absent: a membership of nobody in particular
const session = await auth();
const member = await db.member.findFirst({ where: { userId: session?.user?.id, teamId: input.teamId } });
if (!member) return;
await remove(input);
=== proven: the owner of a row against somebody
const session = await auth();
const post = await db.post.findUnique({ where: { id: input } });
if (!session?.user?.id || post?.authorId !== session.user.id) return;
await remove(input);
=== absent: the row is there
const post = await db.post.findUnique({ where: { id: input } });
if (!post) return;
await remove(input);
=== absent: a form field stands for the caller
const user = input.get('userId');
if (!user) throw new Error('no');
await remove(input.get('id'));
=== proven: a negative number of nobody
const session = await auth();
const level = session?.user?.level ?? -1;
if (level < 0) return;
await remove(input);
=== absent: NaN is not below anything
const session = await auth();
const level = Number(session?.user?.level);
if (level < 1) return;
await remove(input);
=== gap absent/proven: a parsed user
// A schema is taken to accept what it is given: what it demands is not followed.
const session = await auth();
const user = z.object({ id: z.string() }).safeParse(session?.user);
if (!user.success) return;
await remove(input);
=== gap absent/proven: a parsed user that throws
// A schema is taken to accept what it is given: what it demands is not followed.
const session = await auth();
const user = z.object({ id: z.string() }).parse(session?.user);
await remove(input);
=== absent: a parsed user that may be missing
const session = await auth();
const user = z.object({ id: z.string() }).optional().parse(session?.user);
await remove(input);
=== absent: parsing what the client sent
const user = z.object({ id: z.string() }).parse(input.user);
await remove(user.id);
",
    );
}
