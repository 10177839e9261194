//! Guards that are promises: awaited, chained, caught, joined, or forgotten.

use crate::support::{check, with};

#[test]
fn awaited_or_not() {
    check(
        r"
=== proven: awaited
import { requireUser } from '@/lib/guard';
await requireUser();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export async function requireUser() { const session = await auth(); if (!session) throw new Error('unauthorized'); return session.user; }
=== absent: not awaited
import { requireUser } from '@/lib/guard';
requireUser();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export async function requireUser() { const session = await auth(); if (!session) throw new Error('unauthorized'); return session.user; }
=== absent: void
import { requireUser } from '@/lib/guard';
void requireUser();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export async function requireUser() { const session = await auth(); if (!session) throw new Error('unauthorized'); return session.user; }
=== absent: a promise is truthy
import { getUser } from '@/lib/guard';
const user = getUser();
if (!user) return;
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export async function getUser() { const session = await auth(); return session?.user ?? null; }
=== proven: a promise that is awaited later
import { getUser } from '@/lib/guard';
const promise = getUser();
const post = await db.post.findFirst();
const user = await promise;
if (!user) return;
await remove(post.id);
--- lib/guard.ts
import { auth } from '@/auth';
export async function getUser() { const session = await auth(); return session?.user ?? null; }
=== absent: a promise of false is truthy
import { isSignedIn } from '@/lib/guard';
if (!isSignedIn()) return;
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export async function isSignedIn() { return (await auth()) !== null; }
=== proven: a promise of false, awaited
import { isSignedIn } from '@/lib/guard';
if (!(await isSignedIn())) return;
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export async function isSignedIn() { return (await auth()) !== null; }
=== absent: auth itself is not awaited
const session = auth();
if (!session) return;
await remove(input);
=== absent: awaited after the effect
const promise = auth();
await remove(input);
if (!(await promise)) throw new Error('unauthorized');
=== absent: the guard in an async callback that nobody waits for
const check = async () => { if (!(await auth())) throw new Error('unauthorized'); };
check();
await remove(input);
=== proven: the guard in an async callback
const check = async () => { if (!(await auth())) throw new Error('unauthorized'); };
await check();
await remove(input);
=== absent: an async guard in forEach
[1].forEach(async () => { if (!(await auth())) throw new Error('unauthorized'); });
await remove(input);
=== absent: a timer
setTimeout(async () => { if (!(await auth())) throw new Error('unauthorized'); }, 0);
await remove(input);
",
    );
}

const GUARD: &str = r"
--- lib/guard.ts
import { auth } from '@/auth';
export async function requireUser() { const session = await auth(); if (!session) throw new Error('unauthorized'); return session.user; }
";

/// Adds the guard's file to every case.
fn check_with_guard(table: &str) {
    check(&with(table, "import { requireUser } from '@/lib/guard';", GUARD));
}

#[test]
fn chains() {
    check_with_guard(
        r"
=== proven: then the effect
return requireUser().then(() => remove(input));
=== proven: then the effect, awaited
await requireUser().then(async (user) => { await remove(user.id); });
=== absent: the effect beside the chain
requireUser().then((user) => { console.log(user.id); });
await remove(input);
=== proven: the effect after the awaited chain
await requireUser().then((user) => { console.log(user.id); });
await remove(input);
=== absent: caught and dropped
await requireUser().catch(() => null);
await remove(input);
=== proven: caught and looked at
const user = await requireUser().catch(() => null);
if (!user) return;
await remove(input);
=== absent: caught into something truthy
const user = await requireUser().catch(() => ({ id: 'anonymous' }));
if (!user) return;
await remove(input);
=== proven: caught and redirected
await requireUser().catch(() => redirect('/login'));
await remove(input);
=== proven: caught and thrown again
await requireUser().catch((error) => { throw error; });
await remove(input);
=== absent: the effect in finally
await requireUser().finally(() => remove(input));
=== proven: finally lets the rejection pass
await requireUser().finally(() => console.log('asked'));
await remove(input);
=== proven: the second handler
await requireUser().then(() => remove(input), () => null);
=== absent: the effect in the second handler
await requireUser().then(() => null, () => remove(input));
=== absent: caught before the effect
await requireUser().catch(() => null).then(() => remove(input));
=== proven: caught after the effect
await requireUser().then(() => remove(input)).catch(() => null);
",
    );
}

#[test]
fn chains_of_sessions() {
    check(
        r"
=== proven: a throw inside of then
await auth().then((session) => { if (!session) throw new Error('unauthorized'); });
await remove(input);
=== absent: a throw inside of then that nobody waits for
auth().then((session) => { if (!session) throw new Error('unauthorized'); });
await remove(input);
=== proven: a redirect inside of then
const session = await auth().then((session) => session ?? redirect('/login'));
await remove(input);
=== proven: a value through then
const user = await auth().then((session) => session?.user);
if (!user) return;
await remove(input);
=== absent: a return inside of then only leaves the callback
await auth().then((session) => { if (!session) return; });
await remove(input);
=== gap absent/proven: a promise of one's own
// What the executor resolves or rejects with is not followed.
const user = await new Promise((resolve, reject) => { auth().then((session) => (session ? resolve(session.user) : reject(new Error('no')))); });
if (!user) return;
await remove(input);
=== proven: a rejection
const session = await auth();
if (!session) await Promise.reject(new Error('unauthorized'));
await remove(input);
=== absent: a rejection that nobody waits for
const session = await auth();
if (!session) Promise.reject(new Error('unauthorized'));
await remove(input);
=== proven: a returned rejection
const session = await auth();
if (!session) return Promise.reject(new Error('unauthorized'));
await remove(input);
",
    );
}

#[test]
fn joined() {
    check_with_guard(
        r"
=== proven: all, and a check
const [session, post] = await Promise.all([auth(), db.post.findFirst()]);
if (!session) return;
await remove(post.id);
=== absent: all, and the check of the other one
const [session, post] = await Promise.all([auth(), db.post.findFirst()]);
if (!post) return;
await remove(post.id);
=== proven: all with a guard that throws
await Promise.all([requireUser(), db.post.findFirst()]);
await remove(input);
=== absent: all that nobody waits for
Promise.all([requireUser(), db.post.findFirst()]);
await remove(input);
=== absent: the effect beside the guard
await Promise.all([requireUser(), remove(input)]);
=== absent: allSettled never fails
await Promise.allSettled([requireUser()]);
await remove(input);
=== proven: allSettled that is looked at
const [result] = await Promise.allSettled([requireUser()]);
if (result.status === 'rejected') return;
await remove(input);
=== absent: allSettled with the wrong question
const [result] = await Promise.allSettled([requireUser()]);
if (!result) return;
await remove(input);
=== proven: race of one
await Promise.race([requireUser()]);
await remove(input);
=== proven: any of one
await Promise.any([requireUser()]);
await remove(input);
=== absent: any with a way out
await Promise.any([requireUser(), Promise.resolve(null)]);
await remove(input);
=== proven: all over a list
await Promise.all([requireUser].map((guard) => guard()));
await remove(input);
=== absent: all over a list of functions
await Promise.all([requireUser].map((guard) => guard));
await remove(input);
=== proven: all then
await Promise.all([requireUser()]).then(() => remove(input));
",
    );
}
