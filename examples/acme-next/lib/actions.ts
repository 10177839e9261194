import 'server-only';
import { unstable_rethrow } from 'next/navigation';
import type { z } from 'zod';
import { currentMembership, type Membership } from './members';
import { rateLimit, type Rate } from './rate-limit';
import { atLeast, type Role } from './roles';
import { getSession, type SessionUser } from './session';
import { fail, type ActionState } from './state';

type Context<S extends z.ZodType> = { user: SessionUser; membership: Membership; input: z.output<S> };
type Options<S extends z.ZodType> = {
  name: string;
  schema: S;
  role?: Role;
  rate?: Rate;
  handler: (context: Context<S>) => Promise<ActionState>;
};

/** A form action that authenticates, limits, authorises and validates before its handler runs. */
export function createAction<S extends z.ZodType>({
  name,
  schema,
  role = 'viewer',
  rate = { limit: 60, windowSeconds: 60 },
  handler,
}: Options<S>) {
  return async (_previous: ActionState, formData: FormData): Promise<ActionState> => {
    const session = await getSession();
    if (!session) return fail('Please sign in.');

    const allowance = await rateLimit(`${name}:${session.user.id}`, rate);
    if (!allowance.ok) return fail('Too many requests. Try again later.');

    const membership = await currentMembership(session.user.id);
    if (!membership || !atLeast(membership.role, role)) return fail('Your role does not allow this.');

    const parsed = schema.safeParse(Object.fromEntries(formData));
    if (!parsed.success) return fail('Please check the form.');

    try {
      return await handler({ user: session.user, membership, input: parsed.data });
    } catch (error) {
      unstable_rethrow(error);
      console.error(`[action] ${name}`, error);
      return fail('Something went wrong. Nothing was changed.');
    }
  };
}
