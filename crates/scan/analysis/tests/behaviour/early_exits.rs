//! Every way to end early for a stranger, and what only looks like one.

use crate::support::check;

#[test]
fn return_and_throw() {
    check(
        r"
=== proven: return
const session = await auth();
if (!session) return;
await remove(input);
=== proven: return a result
const session = await auth();
if (!session) { return { error: 'sign in' }; }
await remove(input);
=== absent: a branch that only logs
const session = await auth();
if (!session) { console.log('no session'); }
await remove(input);
=== absent: an early return that is not one
const session = await auth();
if (!session) { const result = { error: 'sign in' }; console.warn(result); }
await remove(input);
=== absent: the session is asked for, and nobody looks
const session = await auth();
await remove(input);
=== absent: the session is asked for in a log
console.log((await auth())?.user?.id);
await remove(input);
=== proven: throw
const session = await auth();
if (!session) throw new Error('unauthorized');
await remove(input);
=== absent: an error that is made, not thrown
const session = await auth();
if (!session) new Error('unauthorized');
await remove(input);
=== absent: an error that is returned by an inner function
const session = await auth();
const fail = () => { if (!session) return new Error('unauthorized'); };
fail();
await remove(input);
=== proven: an error that an inner function throws
const session = await auth();
const fail = () => { if (!session) throw new Error('unauthorized'); };
fail();
await remove(input);
=== absent: an inner guard that nobody calls
const session = await auth();
function guard() { if (!session) throw new Error('unauthorized'); }
await remove(input);
=== absent: a return that leaves a callback
const session = await auth();
['once'].forEach(() => { if (!session) return; });
await remove(input);
=== proven: the process ends
const session = await auth();
if (!session) process.exit(1);
await remove(input);
=== proven: an assertion of node
import assert from 'node:assert';
const session = await auth();
assert(session, 'unauthorized');
await remove(input);
=== absent: an assertion of the console only prints
const session = await auth();
console.assert(session, 'unauthorized');
await remove(input);
=== absent: nothing is asked
await remove(input);
",
    );
}

#[test]
fn navigation() {
    check(
        r"
=== proven: redirect
const session = await auth();
if (!session) redirect('/login');
await remove(input);
=== proven: return redirect
const session = await auth();
if (!session) return redirect('/login');
await remove(input);
=== absent: redirect that is not called
const session = await auth();
if (!session) redirect;
await remove(input);
=== proven: permanentRedirect
const session = await auth();
if (!session) permanentRedirect('/login');
await remove(input);
=== proven: notFound
const session = await auth();
if (!session) notFound();
await remove(input);
=== proven: forbidden
const session = await auth();
if (!session) forbidden();
await remove(input);
=== proven: unauthorized
const session = await auth();
if (!session) unauthorized();
await remove(input);
=== absent: a function of one's own with the name
import { redirect } from '@/lib/navigation';
const session = await auth();
if (!session) redirect('/login');
await remove(input);
--- lib/navigation.ts
export function redirect(to: string) { console.log('would go to', to); }
=== proven: a function of one's own that redirects
import { toLogin } from '@/lib/navigation';
const session = await auth();
if (!session) toLogin();
await remove(input);
--- lib/navigation.ts
import { redirect } from 'next/navigation';
export function toLogin() { redirect('/login'); }
=== absent: redirect of a router object
import { router } from '@/lib/navigation';
const session = await auth();
if (!session) router.redirect('/login');
await remove(input);
--- lib/navigation.ts
export const router = { redirect(to: string) { return { to }; } };
=== absent: redirect in a callback that runs later
const session = await auth();
if (!session) after(() => redirect('/login'));
await remove(input);
=== absent: redirect after the effect
const session = await auth();
await remove(input);
if (!session) redirect('/login');
",
    );
}

#[test]
fn conditions() {
    check(
        r"
=== proven: the effect inside of the branch
const session = await auth();
if (session) { await remove(input); }
=== absent: the effect inside of the wrong branch
const session = await auth();
if (!session) { await remove(input); }
=== proven: double negation
const session = await auth();
if (!!session) await remove(input);
=== absent: triple negation
const session = await auth();
if (!!!session) await remove(input);
=== proven: else
const session = await auth();
if (!session) { console.log('no'); } else { await remove(input); }
=== proven: else if
const session = await auth();
if (!session) return; else if (input.name) await remove(input);
=== proven: or with something of the client
const session = await auth();
if (!session || input.force) return;
await remove(input);
=== absent: and with something of the client
const session = await auth();
if (!session && !input.force) return;
await remove(input);
=== absent: a client value opens the door
const session = await auth();
if (session || input.secret === 'open') { await remove(input); }
=== proven: and with something of the client, the other way
const session = await auth();
if (session && input.confirmed) { await remove(input); }
=== proven: null compared loosely
const session = await auth();
if (session == null) return;
await remove(input);
=== proven: null compared strictly
const session = await auth();
if (session === null) return;
await remove(input);
=== absent: undefined compared strictly with null
const session = await auth();
if (session === undefined) return;
await remove(input);
=== absent: the type of null is object
const session = await auth();
if (typeof session === 'undefined') return;
await remove(input);
=== absent: a field of nobody is undefined, not null
const session = await auth();
if (session?.user?.id === null) return;
await remove(input);
=== proven: a field of nobody is undefined
const session = await auth();
if (session?.user?.id === undefined) return;
await remove(input);
=== proven: the type of a field of nobody
const session = await auth();
if (typeof session?.user?.id !== 'string') return;
await remove(input);
=== proven: Boolean
const session = await auth();
if (!Boolean(session)) return;
await remove(input);
=== absent: text of nobody is a text
const session = await auth();
if (!String(session?.user?.id)) return;
await remove(input);
=== absent: a template of nobody is a text
const session = await auth();
const key = `user:${session?.user?.id}`;
if (!key) return;
await remove(input);
=== proven: a stored condition
const session = await auth();
const allowed = session !== null;
if (!allowed) return;
await remove(input);
=== absent: a stored condition that is turned over
const session = await auth();
const denied = session !== null;
if (denied) return;
await remove(input);
=== proven: a flag that is set
let allowed = false;
const session = await auth();
if (session) allowed = true;
if (!allowed) return;
await remove(input);
=== absent: a flag that begins true
let allowed = true;
const session = await auth();
if (session) allowed = true;
if (!allowed) return;
await remove(input);
=== proven: assignment in the condition
let session;
if (!(session = await auth())) return;
await remove(input);
=== proven: comma
const session = await auth();
if ((console.log('check'), !session)) return;
await remove(input);
=== absent: comma that drops the answer
const session = await auth();
if ((!session, false)) return;
await remove(input);
=== proven: guard on both branches
if (input.draft) { if (!(await auth())) return; } else { if (!(await auth())) throw new Error('no'); }
await remove(input);
=== absent: guard on one branch only
const session = await auth();
if (input.draft) { if (!session) return; }
await remove(input);
=== absent: guard on the branch without the effect
const session = await auth();
if (input.kind === 'read') { if (!session) return; return session.user; }
await remove(input);
=== absent: guard that runs outside of production only
const session = await auth();
if (process.env.NODE_ENV !== 'production' && !session) return;
await remove(input);
=== absent: guard after the effect
await remove(input);
const session = await auth();
if (!session) throw new Error('unauthorized');
=== proven: effect after the guard, validation before it
const data = z.object({ id: z.string() }).safeParse(input);
if (!data.success) return { error: 'bad' };
const session = await auth();
if (!session?.user) return { error: 'sign in' };
await remove(data.data.id);
",
    );
}

#[test]
fn operators() {
    check(
        r"
=== proven: and
const session = await auth();
session && (await remove(input));
=== absent: or
const session = await auth();
session || (await remove(input));
=== absent: nullish
const session = await auth();
session ?? (await remove(input));
=== proven: or redirect
const session = await auth();
session || redirect('/login');
await remove(input);
=== absent: and redirect
const session = await auth();
session && redirect('/home');
await remove(input);
=== proven: nullish redirect
const user = (await auth())?.user ?? redirect('/login');
await remove(input);
=== absent: nullish null
const user = (await auth())?.user ?? null;
await remove(input);
=== proven: or a function that throws
const user = (await auth())?.user || (() => { throw new Error('unauthorized'); })();
await remove(input);
=== absent: or a function that is not called
const user = (await auth())?.user || (() => { throw new Error('unauthorized'); });
await remove(input);
=== proven: ternary around the effect
const session = await auth();
return session ? remove(input) : null;
=== absent: ternary the wrong way around
const session = await auth();
return session ? null : remove(input);
=== absent: ternary whose value nobody reads
const session = await auth();
const message = session ? 'welcome' : 'sign in';
await remove(input);
=== proven: ternary whose value decides
const session = await auth();
const mode = session ? 'write' : 'read';
if (mode !== 'write') return;
await remove(input);
=== proven: ternary that throws
const session = await auth();
const user = session ? session.user : notFound();
await remove(input);
=== proven: an empty default
const id = (await auth())?.user?.id ?? '';
if (!id) return;
await remove(input);
=== absent: a default that is somebody
const id = (await auth())?.user?.id ?? 'anonymous';
if (!id) return;
await remove(input);
=== proven: or-assignment
let allowed = false;
allowed ||= Boolean(await auth());
if (!allowed) return;
await remove(input);
=== absent: or-assignment to what is true already
let allowed = true;
allowed ||= Boolean(await auth());
if (!allowed) return;
await remove(input);
=== proven: and-assignment
let allowed = true;
allowed &&= Boolean(await auth());
if (!allowed) return;
await remove(input);
=== absent: nullish assignment of a default
let user = (await auth())?.user;
user ??= { id: 'anonymous' };
if (!user) return;
await remove(input);
=== proven: a logical chain
const session = await auth();
const ok = session && session.user && session.user.email;
if (!ok) return;
await remove(input);
",
    );
}

#[test]
fn optional_chaining() {
    check(
        r"
=== proven: unequal to the right role
const session = await auth();
if (session?.user.role !== 'admin') return;
await remove(input);
=== absent: equal to a wrong role
const session = await auth();
if (session?.user.role === 'banned') return;
await remove(input);
=== proven: equal to the right role
const session = await auth();
if (session?.user?.role === 'admin') await remove(input);
=== absent: unequal to a wrong role
const session = await auth();
if (session?.user?.role !== 'banned') await remove(input);
=== proven: a call of nobody
const session = await auth();
if (!session?.user?.roles?.includes('admin')) return;
await remove(input);
=== absent: a call of nobody, the other way
const session = await auth();
if (session?.user?.roles?.includes('banned')) return;
await remove(input);
=== proven: includes of a list
const session = await auth();
if (!['admin', 'editor'].includes(session?.user?.role)) return;
await remove(input);
=== absent: includes of a list of the banned
const session = await auth();
if (['banned', 'guest'].includes(session?.user?.role)) return;
await remove(input);
=== proven: no optional chain fails for nobody
const session = await auth();
await remove(session.user.id);
=== proven: the non-null assertion does nothing
const session = await auth();
await db.post.deleteMany({ where: { authorId: session!.user!.id } });
=== absent: null is tolerated where rows are selected
const session = await auth();
await db.post.deleteMany({ where: { authorId: session?.user?.id } });
=== proven: destructuring nobody fails
const { user } = await auth();
await remove(input);
=== absent: destructuring a default
const { user } = (await auth()) ?? {};
await remove(input);
=== proven: destructuring deeper than the default fails
const { user: { id } } = (await auth()) ?? {};
await remove(input);
=== proven: destructuring with a check
const { user = null } = (await auth()) ?? {};
if (!user) return;
await remove(input);
=== absent: comparing nobody with what the client omits
const session = await auth();
if (session?.user?.id !== input.userId) return;
await remove(input);
=== proven: comparing somebody with what the client says
const session = await auth();
if (!session || session.user.id !== input.userId) return;
await remove(input);
",
    );
}

#[test]
fn switches() {
    check(
        r"
=== proven: the default returns
const session = await auth();
switch (session?.user?.role) { case 'admin': break; default: return; }
await remove(input);
=== absent: the default logs
const session = await auth();
switch (session?.user?.role) { case 'admin': break; default: console.log('no'); }
await remove(input);
=== absent: no default
const session = await auth();
switch (session?.user?.role) { case 'banned': return; }
await remove(input);
=== proven: nobody has a case
const session = await auth();
switch (session?.user?.role) { case undefined: case 'banned': return; }
await remove(input);
=== proven: switch on true
const session = await auth();
switch (true) { case !session: return; case session.user.banned: return; }
await remove(input);
=== absent: falls through to the effect
const session = await auth();
switch (session ? 'in' : 'out') { case 'out': console.log('no'); case 'in': await remove(input); }
=== proven: breaks before the effect
const session = await auth();
switch (session ? 'in' : 'out') { case 'out': console.log('no'); break; case 'in': await remove(input); }
=== absent: guard in one case
const session = await auth();
switch (input.kind) { case 'a': if (!session) return; await remove(input); break; case 'b': await remove(input); break; }
=== proven: guard in every case
const session = await auth();
switch (input.kind) {
  case 'a': if (!session) return; await remove(input); break;
  case 'b': { if (!session) throw new Error('no'); await remove(input); break; }
}
=== proven: default in the middle
const session = await auth();
switch (session?.user?.role) { default: return; case 'admin': await remove(input); }
",
    );
}

#[test]
fn loops() {
    check(
        r"
=== proven: continue
const session = await auth();
for (const id of input.ids) { if (!session) continue; await remove(id); }
=== proven: break
const session = await auth();
for (const id of input.ids) { if (!session) break; await remove(id); }
=== absent: neither
const session = await auth();
for (const id of input.ids) { if (!session) console.log(id); await remove(id); }
=== absent: a guard in a loop that may not run
const session = await auth();
for (const id of input.ids) { if (!session) return; }
await remove(input);
=== absent: continue after the effect
const session = await auth();
for (const id of input.ids) { await remove(id); if (!session) continue; }
=== proven: while that returns
const session = await auth();
while (!session) { return; }
await remove(input);
=== absent: while that breaks
const session = await auth();
while (!session) { console.log('waiting'); break; }
await remove(input);
=== proven: do runs once
const session = await auth();
do { if (!session) return; } while (false);
await remove(input);
=== absent: do that goes on
const session = await auth();
do { if (!session) continue; } while (false);
await remove(input);
=== proven: counted loop
const session = await auth();
for (let at = 0; at < input.ids.length; at++) { if (!session) return; await remove(input.ids[at]); }
=== proven: keys
const session = await auth();
for (const key in input) { if (!session) break; await remove(key); }
=== proven: async iteration
const session = await auth();
for await (const id of input) { if (!session) throw new Error('no'); await remove(id); }
=== proven: endless loop that is left
const session = await auth();
for (;;) { if (!session) return; break; }
await remove(input);
=== proven: roles of nobody
const session = await auth();
let allowed = false;
for (const role of session?.user?.roles ?? []) { if (role === 'admin') allowed = true; }
if (!allowed) return;
await remove(input);
=== absent: roles of nobody are not banned
const session = await auth();
let allowed = true;
for (const role of session?.user?.roles ?? []) { if (role === 'banned') allowed = false; }
if (!allowed) return;
await remove(input);
=== proven: continue of an outer loop
const session = await auth();
outer: for (const list of input.lists) { for (const id of list) { if (!session) continue outer; await remove(id); } }
=== absent: continue of the inner loop only
const session = await auth();
outer: for (const list of input.lists) { for (const id of list) { if (!session) continue; } await remove(list); }
=== proven: a block that is left before the effect
const session = await auth();
check: { if (!session) break check; await remove(input); }
=== absent: a block that is left to the effect
const session = await auth();
check: { if (!session) break check; console.log('signed in'); }
await remove(input);
=== proven: a block that is left around a return
const session = await auth();
check: { if (session) break check; return; }
await remove(input);
",
    );
}

#[test]
fn exceptions() {
    check(
        r"
=== absent: a swallowed throw
const session = await auth();
try { if (!session) throw new Error('unauthorized'); } catch (error) { console.error(error); }
await remove(input);
=== proven: a rethrow
const session = await auth();
try { if (!session) throw new Error('unauthorized'); } catch (error) { throw error; }
await remove(input);
=== proven: another throw
const session = await auth();
try { if (!session) throw new Error('unauthorized'); } catch { throw new Error('failed'); }
await remove(input);
=== proven: a return in the handler
const session = await auth();
try { if (!session) throw new Error('unauthorized'); } catch { return { error: 'sign in' }; }
await remove(input);
=== proven: the effect in the same block
try { const session = await auth(); if (!session) throw new Error('unauthorized'); await remove(input); } catch (error) { return { error }; }
=== absent: the effect in the handler
const session = await auth();
try { if (!session) throw new Error('unauthorized'); } catch { await remove(input); }
=== absent: a swallowed redirect
const session = await auth();
try { if (!session) redirect('/login'); } catch (error) { console.error(error); }
await remove(input);
=== proven: unstable_rethrow of a redirect
const session = await auth();
try { if (!session) redirect('/login'); } catch (error) { unstable_rethrow(error); console.error(error); }
await remove(input);
=== absent: unstable_rethrow of a common error
const session = await auth();
try { if (!session) throw new Error('unauthorized'); } catch (error) { unstable_rethrow(error); }
await remove(input);
=== proven: isRedirectError
import { isRedirectError } from 'next/dist/client/components/redirect-error';
const session = await auth();
try { if (!session) redirect('/login'); } catch (error) { if (isRedirectError(error)) throw error; }
await remove(input);
=== absent: isRedirectError of a common error
import { isRedirectError } from 'next/dist/client/components/redirect-error';
const session = await auth();
try { if (!session) throw new Error('unauthorized'); } catch (error) { if (isRedirectError(error)) throw error; }
await remove(input);
=== proven: the class of the error
import { Unauthorized } from '@/lib/errors';
const session = await auth();
try { if (!session) throw new Unauthorized(); } catch (error) { if (error instanceof Unauthorized) throw error; }
await remove(input);
--- lib/errors.ts
export class Unauthorized extends Error { constructor() { super('unauthorized'); } }
=== absent: another class of error
import { Unauthorized, Missing } from '@/lib/errors';
const session = await auth();
try { if (!session) throw new Unauthorized(); } catch (error) { if (error instanceof Missing) throw error; }
await remove(input);
--- lib/errors.ts
export class Unauthorized extends Error {}
export class Missing extends Error {}
=== proven: the message of the error
const session = await auth();
try { if (!session) throw new Error('unauthorized'); } catch (error) { if (error.message === 'unauthorized') return; }
await remove(input);
=== absent: another message
const session = await auth();
try { if (!session) throw new Error('no session'); } catch (error) { if (error.message === 'unauthorized') return; }
await remove(input);
=== proven: finally lets the throw pass
const session = await auth();
try { if (!session) throw new Error('unauthorized'); } finally { console.log('done'); }
await remove(input);
=== absent: the effect in finally
const session = await auth();
try { if (!session) return { error: 'sign in' }; } finally { await remove(input); }
=== absent: finally overrides the throw
const session = await auth();
do { try { if (!session) throw new Error('unauthorized'); } finally { break; } } while (false);
await remove(input);
=== absent: finally overrides the return
const session = await auth();
done: try { if (!session) return; } finally { break done; }
await remove(input);
=== absent: the outer handler swallows what the inner one throws
const session = await auth();
try {
  try { if (!session) throw new Error('unauthorized'); } catch (error) { throw new Error('inner', { cause: error }); }
} catch (error) { console.error(error); }
await remove(input);
=== proven: a flag set in the handler
const session = await auth();
let failed = false;
try { if (!session) throw new Error('unauthorized'); } catch { failed = true; }
if (failed) return;
await remove(input);
=== absent: a flag set after the throw
const session = await auth();
let failed = false;
try { if (!session) throw new Error('unauthorized'); failed = true; } catch { console.log('no'); }
if (failed) return;
await remove(input);
=== absent: nobody's field in a try
const session = await auth();
let id;
try { id = session.user.id; } catch { id = 'anonymous'; }
await db.post.deleteMany({ where: { authorId: id } });
",
    );
}
