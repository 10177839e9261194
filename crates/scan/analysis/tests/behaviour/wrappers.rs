//! Functions that make an action out of a handler: of libraries, and of the project.

use crate::support::check;

#[test]
fn next_safe_action() {
    check(
        r"
=== proven: middleware in another file
import { authClient } from '@/lib/safe-action';
export const act = authClient.inputSchema(z.object({ id: z.string() })).action(async ({ parsedInput }) => { await remove(parsedInput.id); });
--- lib/safe-action.ts
import { createSafeActionClient } from 'next-safe-action';
import { auth } from '@/auth';
export const client = createSafeActionClient();
export const authClient = client.use(async ({ next }) => {
  const session = await auth();
  if (!session?.user) throw new Error('unauthorized');
  return next({ ctx: { user: session.user } });
});
=== absent: the client without the middleware
import { client } from '@/lib/safe-action';
export const act = client.inputSchema(z.object({ id: z.string() })).action(async ({ parsedInput }) => { await remove(parsedInput.id); });
--- lib/safe-action.ts
import { createSafeActionClient } from 'next-safe-action';
import { auth } from '@/auth';
export const client = createSafeActionClient();
export const authClient = client.use(async ({ next }) => {
  const session = await auth();
  if (!session?.user) throw new Error('unauthorized');
  return next({ ctx: { user: session.user } });
});
=== absent: middleware that only calls next
import { authClient } from '@/lib/safe-action';
export const act = authClient.inputSchema(z.object({ id: z.string() })).action(async ({ parsedInput }) => { await remove(parsedInput.id); });
--- lib/safe-action.ts
import { createSafeActionClient } from 'next-safe-action';
import { auth } from '@/auth';
export const authClient = createSafeActionClient().use(async ({ next }) => {
  const session = await auth();
  return next({ ctx: { user: session?.user } });
});
=== proven: middleware that only calls next, and a handler that looks
import { authClient } from '@/lib/safe-action';
export const act = authClient.action(async ({ ctx }) => { if (!ctx.user) throw new Error('no'); await remove(ctx.user.id); });
--- lib/safe-action.ts
import { createSafeActionClient } from 'next-safe-action';
import { auth } from '@/auth';
export const authClient = createSafeActionClient().use(async ({ next }) => {
  const session = await auth();
  return next({ ctx: { user: session?.user } });
});
=== absent: an admin client that checks nothing
import { adminAction } from '@/lib/safe-action';
export const act = adminAction.schema(z.object({ id: z.string() })).action(async ({ parsedInput: { id } }) => remove(id));
--- lib/safe-action.ts
import { createSafeActionClient } from 'next-safe-action';
export const adminAction = createSafeActionClient().use(async ({ next, metadata }) => { console.log('admin', metadata); return next(); });
=== proven: chain of two
import { adminAction } from '@/lib/safe-action';
export const act = adminAction.schema(z.object({ id: z.string() })).action(async ({ parsedInput: { id } }) => remove(id));
--- lib/safe-action.ts
import { createSafeActionClient } from 'next-safe-action';
import { auth } from '@/auth';
const base = createSafeActionClient({ handleServerError: (error) => error.message });
const withUser = base.use(async ({ next }) => next({ ctx: { session: await auth() } }));
export const adminAction = withUser.use(async ({ next, ctx }) => {
  if (ctx.session?.user?.role !== 'admin') throw new Error('forbidden');
  return next({ ctx });
});
=== absent: middleware that goes on after the failure
import { authClient } from '@/lib/safe-action';
export const act = authClient.action(async () => { await remove('x'); });
--- lib/safe-action.ts
import { createSafeActionClient } from 'next-safe-action';
import { auth } from '@/auth';
export const authClient = createSafeActionClient().use(async ({ next }) => {
  try { if (!(await auth())) throw new Error('no'); } catch (error) { console.error(error); }
  return next();
});
=== absent: middleware whose check comes after next
import { authClient } from '@/lib/safe-action';
export const act = authClient.action(async () => { await remove('x'); });
--- lib/safe-action.ts
import { createSafeActionClient } from 'next-safe-action';
import { auth } from '@/auth';
export const authClient = createSafeActionClient().use(async ({ next }) => {
  const result = await next();
  if (!(await auth())) throw new Error('no');
  return result;
});
=== proven: redirect in the middleware
import { authClient } from '@/lib/safe-action';
export const act = authClient.action(async () => { await remove('x'); });
--- lib/safe-action.ts
import { createSafeActionClient } from 'next-safe-action';
import { redirect } from 'next/navigation';
import { auth } from '@/auth';
export const authClient = createSafeActionClient().use(async ({ next }) => { if (!(await auth())) redirect('/login'); return next(); });
=== proven: middleware by createMiddleware
import { authClient } from '@/lib/safe-action';
export const act = authClient.action(async () => { await remove('x'); });
--- lib/safe-action.ts
import { createSafeActionClient, createMiddleware } from 'next-safe-action';
import { auth } from '@/auth';
const signedIn = createMiddleware().define(async ({ next }) => { if (!(await auth())) throw new Error('no'); return next(); });
export const authClient = createSafeActionClient().use(signedIn);
=== proven: metadata and bound arguments between
import { authClient } from '@/lib/safe-action';
export const act = authClient.metadata({ actionName: 'x' }).bindArgsSchemas([z.string()]).inputSchema(z.string()).action(async ({ parsedInput }) => remove(parsedInput));
--- lib/safe-action.ts
import { createSafeActionClient } from 'next-safe-action';
import { auth } from '@/auth';
export const authClient = createSafeActionClient({ defineMetadataSchema: () => null }).use(async ({ next }) => { if (!(await auth())) throw new Error('no'); return next(); });
=== proven: state action
import { authClient } from '@/lib/safe-action';
export const act = authClient.inputSchema(z.string()).stateAction(async ({ parsedInput }) => { await remove(parsedInput); });
--- lib/safe-action.ts
import { createSafeActionClient } from 'next-safe-action';
import { auth } from '@/auth';
export const authClient = createSafeActionClient().use(async ({ next }) => { if (!(await auth())) throw new Error('no'); return next(); });
=== proven: version 6, curried, with a middleware option
import { action } from '@/lib/safe-action';
export const act = action(z.object({ id: z.string() }), async ({ id }, { userId }) => { await remove(id); });
--- lib/safe-action.ts
import { createSafeActionClient } from 'next-safe-action';
import { auth } from '@/auth';
export const action = createSafeActionClient({ async middleware() { const s = await auth(); if (!s) throw new Error('no'); return { userId: s.user.id }; } });
=== absent: version 6, without
import { action } from '@/lib/safe-action';
export const act = action(z.object({ id: z.string() }), async ({ id }) => { await remove(id); });
--- lib/safe-action.ts
import { createSafeActionClient } from 'next-safe-action';
export const action = createSafeActionClient();
=== absent: version 6, a middleware that only asks
import { action } from '@/lib/safe-action';
export const act = action(z.object({ id: z.string() }), async ({ id }, { userId }) => { await remove(id); });
--- lib/safe-action.ts
import { createSafeActionClient } from 'next-safe-action';
import { auth } from '@/auth';
export const action = createSafeActionClient({ async middleware() { const s = await auth(); return { userId: s?.user?.id }; } });
",
    );
}

#[test]
fn zsa() {
    check(
        r"
=== proven: procedure
import { authed } from '@/lib/procedures';
export const act = authed.createServerAction().input(z.object({ id: z.string() })).handler(async ({ input, ctx }) => { await remove(input.id); });
--- lib/procedures.ts
import { createServerActionProcedure } from 'zsa';
import { auth } from '@/auth';
export const authed = createServerActionProcedure().handler(async () => {
  const session = await auth();
  if (!session) throw new Error('unauthorized');
  return { user: session.user };
});
=== absent: procedure that only asks
import { authed } from '@/lib/procedures';
export const act = authed.createServerAction().input(z.object({ id: z.string() })).handler(async ({ input }) => { await remove(input.id); });
--- lib/procedures.ts
import { createServerActionProcedure } from 'zsa';
import { auth } from '@/auth';
export const authed = createServerActionProcedure().handler(async () => ({ session: await auth() }));
=== absent: plain action
import { createServerAction } from 'zsa';
export const act = createServerAction().input(z.object({ id: z.string() })).handler(async ({ input }) => { await remove(input.id); });
=== proven: plain action that guards itself
import { createServerAction, ZSAError } from 'zsa';
export const act = createServerAction().input(z.object({ id: z.string() })).handler(async ({ input }) => {
  if (!(await auth())) throw new ZSAError('NOT_AUTHORIZED', 'no');
  await remove(input.id);
});
=== proven: chained procedures
import { admin } from '@/lib/procedures';
export const act = admin.createServerAction().input(z.object({ id: z.string() })).handler(async ({ input }) => { await remove(input.id); });
--- lib/procedures.ts
import { createServerActionProcedure } from 'zsa';
import { auth } from '@/auth';
const authed = createServerActionProcedure().handler(async () => ({ user: (await auth())?.user }));
export const admin = createServerActionProcedure(authed).handler(async ({ ctx }) => { if (ctx.user?.role !== 'admin') throw 'forbidden'; return ctx; });
=== absent: chained procedures without a check
import { admin } from '@/lib/procedures';
export const act = admin.createServerAction().input(z.object({ id: z.string() })).handler(async ({ input }) => { await remove(input.id); });
--- lib/procedures.ts
import { createServerActionProcedure } from 'zsa';
import { auth } from '@/auth';
const authed = createServerActionProcedure().handler(async () => ({ user: (await auth())?.user }));
export const admin = createServerActionProcedure(authed).handler(async ({ ctx }) => ({ user: ctx.user, isAdmin: ctx.user?.role === 'admin' }));
",
    );
}

#[test]
fn own_functions() {
    check(
        r"
=== proven: plain
import { protect } from '@/lib/protect';
export const act = protect(async (id: string) => { await remove(id); });
--- lib/protect.ts
import { auth } from '@/auth';
export function protect<A extends unknown[], R>(handler: (...args: A) => Promise<R>) {
  return async (...args: A) => { const s = await auth(); if (!s) throw new Error('no'); return handler(...args); };
}
=== absent: calls the handler anyway
import { protect } from '@/lib/protect';
export const act = protect(async (id: string) => { await remove(id); });
--- lib/protect.ts
import { auth } from '@/auth';
export function protect<A extends unknown[], R>(handler: (...args: A) => Promise<R>) {
  return async (...args: A) => { const s = await auth(); if (!s) console.error('no session'); return handler(...args); };
}
=== absent: whose check is not awaited
import { protect } from '@/lib/protect';
export const act = protect(async (id: string) => { await remove(id); });
--- lib/protect.ts
import { auth } from '@/auth';
async function check() { if (!(await auth())) throw new Error('no'); }
export function protect(handler: any) { return async (...args: any[]) => { check(); return handler(...args); }; }
=== absent: whose check result is ignored
import { protect } from '@/lib/protect';
export const act = protect(async (id: string) => { await remove(id); });
--- lib/protect.ts
import { auth } from '@/auth';
async function check() { return (await auth()) ? { ok: true } : { ok: false }; }
export function protect(handler: any) { return async (...args: any[]) => { const result = await check(); return handler(...args); }; }
=== proven: whose check result decides
import { protect } from '@/lib/protect';
export const act = protect(async (id: string) => { await remove(id); });
--- lib/protect.ts
import { auth } from '@/auth';
async function check() { return (await auth()) ? { ok: true } : { ok: false }; }
export function protect(handler: any) { return async (...args: any[]) => { const result = await check(); if (!result.ok) return result; return handler(...args); }; }
=== absent: that is only named so
import { withAuth } from '@/lib/protect';
export const act = withAuth(async (id: string) => { await remove(id); });
--- lib/protect.ts
export function withAuth(handler: any) { return async (...args: any[]) => { try { return await handler(...args); } catch (error) { return { error: 'failed' }; } }; }
=== absent: that swallows the guard's throw
import { withAuth } from '@/lib/protect';
export const act = withAuth(async (id: string) => { await remove(id); });
--- lib/protect.ts
import { auth } from '@/auth';
export function withAuth(handler: any) {
  return async (...args: any[]) => {
    try { if (!(await auth())) throw new Error('no'); } catch (error) { console.error(error); }
    return handler(...args);
  };
}
=== absent: that runs the check once, when it is made
import { withAuth } from '@/lib/protect';
export const act = withAuth(async (id: string) => { await remove(id); });
--- lib/protect.ts
import { auth } from '@/auth';
export function withAuth(handler: any) { auth().then((s) => { if (!s) console.log('no'); }); return handler; }
=== proven: curried
import { protect } from '@/lib/protect';
export const act = protect('admin')(async (id: string) => { await remove(id); });
--- lib/protect.ts
import { auth } from '@/auth';
export const protect = (role: string) => (handler: any) => async (...args: any[]) => { if ((await auth())?.user?.role !== role) throw new Error('no'); return handler(...args); };
=== absent: curried, the role is optional and missing
import { protect } from '@/lib/protect';
export const act = protect()(async (id: string) => { await remove(id); });
--- lib/protect.ts
import { auth } from '@/auth';
export const protect = (role?: string) => (handler: any) => async (...args: any[]) => { if (role && (await auth())?.user?.role !== role) throw new Error('no'); return handler(...args); };
=== proven: nested
import { withLog, withAuth } from '@/lib/protect';
export const act = withLog(withAuth(async (id: string) => { await remove(id); }));
--- lib/protect.ts
import { auth } from '@/auth';
export const withLog = (handler: any) => async (...args: any[]) => { console.log('call'); return handler(...args); };
export const withAuth = (handler: any) => async (...args: any[]) => { if (!(await auth())) return { error: 'no' }; return handler(...args); };
=== absent: nested without the one that checks
import { withLog, withErrors } from '@/lib/protect';
export const act = withLog(withErrors(async (id: string) => { await remove(id); }));
--- lib/protect.ts
export const withLog = (handler: any) => async (...args: any[]) => { console.log('call'); return handler(...args); };
export const withErrors = (handler: any) => async (...args: any[]) => { try { return await handler(...args); } catch { return { error: 'x' }; } };
=== proven: options
import { createAction } from '@/lib/action';
export const act = createAction({ schema: z.object({ id: z.string() }), handler: async ({ data, user }) => { await remove(data.id); } });
--- lib/action.ts
import { auth } from '@/auth';
export function createAction({ schema, handler, public: isPublic = false }: any) {
  return async (raw: unknown) => {
    const session = await auth();
    if (!isPublic && !session) return { error: 'unauthorized' };
    const parsed = schema.safeParse(raw);
    if (!parsed.success) return { error: 'invalid' };
    return { data: await handler({ data: parsed.data, user: session?.user }) };
  };
}
=== absent: options that make it public
import { createAction } from '@/lib/action';
export const act = createAction({ public: true, schema: z.object({ id: z.string() }), handler: async ({ data }) => { await remove(data.id); } });
--- lib/action.ts
import { auth } from '@/auth';
export function createAction({ schema, handler, public: isPublic = false }: any) {
  return async (raw: unknown) => {
    const session = await auth();
    if (!isPublic && !session) return { error: 'unauthorized' };
    const parsed = schema.safeParse(raw);
    if (!parsed.success) return { error: 'invalid' };
    return { data: await handler({ data: parsed.data, user: session?.user }) };
  };
}
=== proven: schema first
import { authedAction } from '@/lib/action';
export const act = authedAction(z.object({ id: z.string() }), async (data, user) => { await remove(data.id); });
--- lib/action.ts
import { auth } from '@/auth';
export const authedAction = (schema: any, run: any) => async (data: any) => {
  const user = (await auth())?.user;
  if (!user) throw new Error('no');
  return run(schema.parse(data), user);
};
=== proven: immediately called in an action
import { authed } from '@/lib/action';
return authed(async () => remove(input))();
--- lib/action.ts
import { auth } from '@/auth';
export const authed = (run: any) => async (...args: any[]) => { if (!(await auth())) throw new Error('no'); return run(...args); };
=== absent: made in an action, and not used
import { authed } from '@/lib/action';
const guarded = authed(async () => remove(input));
await remove(input);
--- lib/action.ts
import { auth } from '@/auth';
export const authed = (run: any) => async (...args: any[]) => { if (!(await auth())) throw new Error('no'); return run(...args); };
=== proven: composition by reduce
import { compose } from '@/lib/compose';
export const act = compose(async (id: string) => { await remove(id); });
--- lib/compose.ts
import { auth } from '@/auth';
const signedIn = (next: any) => async (...args: any[]) => { if (!(await auth())) throw new Error('no'); return next(...args); };
const logged = (next: any) => async (...args: any[]) => { console.log('x'); return next(...args); };
export const compose = (handler: any) => [signedIn, logged].reduce((next, layer) => layer(next), handler);
=== proven: form state of React in front
import { withUser } from '@/lib/state';
export const act = withUser(async (state, form, user) => { await remove(form.get('id')); });
--- lib/state.ts
import { auth } from '@/auth';
export const withUser = (run: any) => async (state: any, form: FormData) => { const s = await auth(); if (!s?.user) return { error: 'sign in' }; return run(state, form, s.user); };
=== absent: whose answer only the error handler reads
import { withUser } from '@/lib/state';
export const act = withUser(async (id) => { await remove(id); });
--- lib/state.ts
import { auth } from '@/auth';
export const withUser = (run: any) => async (...args: any[]) => {
  const s = await auth();
  try { return await run(...args); } catch (error) { if (!s) return { error: 'sign in' }; throw error; }
};
=== absent: a handler that is exported beside its wrapped form
import { protect } from '@/lib/protect';
export async function act(id: string) { await remove(id); }
export const safe = protect(act);
--- lib/protect.ts
import { auth } from '@/auth';
export const protect = (run: any) => async (...args: any[]) => { if (!(await auth())) throw new Error('no'); return run(...args); };
=== proven: a list of guards that all run
import { guarded } from '@/lib/guards';
export const act = guarded(async (id: string) => { await remove(id); });
--- lib/guards.ts
import { auth } from '@/auth';
const guards = [async () => { if (!(await auth())) throw new Error('no'); }];
export const guarded = (handler: any) => async (...args: any[]) => { for (const guard of guards) await guard(); return handler(...args); };
",
    );
}

#[test]
fn builders() {
    check(
        r"
=== proven: a class that collects
import { actionBuilder } from '@/lib/builder';
export const act = actionBuilder.use(signedIn).input(z.string()).handler(async (id) => { await remove(id); });
async function signedIn() { if (!(await auth())) throw new Error('no'); }
--- lib/builder.ts
class ActionBuilder {
  private guards: any[] = [];
  private schema: any;
  use(guard: any) { this.guards.push(guard); return this; }
  input(schema: any) { this.schema = schema; return this; }
  handler(run: any) { return async (raw: unknown) => { for (const guard of this.guards) await guard(); return run(this.schema.parse(raw)); }; }
}
export const actionBuilder = new ActionBuilder();
=== proven: a class that is copied at each step
import { base } from '@/lib/builder';
export const act = base.requireUser().handler(async (id: string) => { await remove(id); });
--- lib/builder.ts
import { auth } from '@/auth';
class Builder {
  constructor(private readonly options: { user: boolean }) {}
  requireUser() { return new Builder({ ...this.options, user: true }); }
  handler(run: any) { return async (...args: any[]) => { if (this.options.user && !(await auth())) throw new Error('no'); return run(...args); }; }
}
export const base = new Builder({ user: false });
=== absent: the same without the step
import { base } from '@/lib/builder';
export const act = base.handler(async (id: string) => { await remove(id); });
--- lib/builder.ts
import { auth } from '@/auth';
class Builder {
  constructor(private readonly options: { user: boolean }) {}
  requireUser() { return new Builder({ ...this.options, user: true }); }
  handler(run: any) { return async (...args: any[]) => { if (this.options.user && !(await auth())) throw new Error('no'); return run(...args); }; }
}
export const base = new Builder({ user: false });
=== absent: a step that is only remembered
import { base } from '@/lib/builder';
export const act = base.requireUser().handler(async (id: string) => { await remove(id); });
--- lib/builder.ts
class Builder {
  constructor(private readonly options: { user: boolean }) {}
  requireUser() { return new Builder({ ...this.options, user: true }); }
  handler(run: any) { return async (...args: any[]) => run(...args); }
}
export const base = new Builder({ user: false });
=== proven: closures
import { action } from '@/lib/builder';
export const act = action().authed().run(async (id: string) => { await remove(id); });
--- lib/builder.ts
import { auth } from '@/auth';
export function action(guards: any[] = []) {
  return {
    authed: () => action([...guards, async () => { if (!(await auth())) throw new Error('no'); }]),
    run: (handler: any) => async (...args: any[]) => { for (const guard of guards) await guard(); return handler(...args); },
  };
}
=== absent: closures without the step
import { action } from '@/lib/builder';
export const act = action().run(async (id: string) => { await remove(id); });
--- lib/builder.ts
import { auth } from '@/auth';
export function action(guards: any[] = []) {
  return {
    authed: () => action([...guards, async () => { if (!(await auth())) throw new Error('no'); }]),
    run: (handler: any) => async (...args: any[]) => { for (const guard of guards) await guard(); return handler(...args); },
  };
}
=== proven: middlewares with next of one's own
import { pipeline } from '@/lib/pipeline';
export const act = pipeline([async (ctx, next) => { if (!(await auth())) return { error: 'no' }; return next(); }], async (id: string) => { await remove(id); });
--- lib/pipeline.ts
export function pipeline(layers: any[], handler: any) {
  return async (...args: any[]) => {
    const ctx = {};
    const run = (at: number): any => at === layers.length ? handler(...args) : layers[at](ctx, () => run(at + 1));
    return run(0);
  };
}
=== proven: a decorator object with apply
import { guard } from '@/lib/guard';
export const act = guard.wrap(async (id: string) => { await remove(id); });
--- lib/guard.ts
import { auth } from '@/auth';
export const guard = { wrap(handler: any) { const self = this; return async function (...args: any[]) { await self.check(); return handler.apply(null, args); }; }, async check() { if (!(await auth())) throw new Error('no'); } };
",
    );
}
