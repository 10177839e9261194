'use server';

import { and, eq, gt, gte, isNull, ne, sql } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { z } from 'zod';
import { createAction } from '@/lib/actions';
import { db } from '@/lib/db';
import { claimKey } from '@/lib/idempotency';
import { currentMembership } from '@/lib/members';
import { plans } from '@/lib/money';
import { Refused } from '@/lib/refused';
import { charges, teams, transfers } from '@/lib/schema';
import { requireUser } from '@/lib/session';
import { done, fail, type ActionState } from '@/lib/state';
import { inMinutes } from '@/lib/tokens';
import * as field from '@/lib/validation';

export const changePlan = createAction({
  name: 'changePlan',
  schema: z.object({ plan: field.planId, idempotencyKey: field.idempotencyKey }),
  role: 'owner',
  rate: { limit: 10, windowSeconds: 60 },
  handler: async ({ user, membership, input }) => {
    const { name, priceCents } = plans[input.plan];
    const { teamId } = membership;
    try {
      await db.transaction(async (tx) => {
        if (!(await claimKey(tx, 'changePlan', user.id, input.idempotencyKey))) return;
        const changed = await tx
          .update(teams)
          .set({ plan: input.plan, creditCents: sql`${teams.creditCents} - ${priceCents}` })
          .where(and(eq(teams.id, teamId), ne(teams.plan, input.plan), gte(teams.creditCents, priceCents)))
          .returning({ id: teams.id });
        if (changed.length === 0) throw new Refused(fail('You have this plan already, or not enough credits.'));
        await tx.insert(charges).values({ teamId, kind: 'plan', description: `${name} plan`, amountCents: priceCents });
      });
    } catch (error) {
      if (error instanceof Refused) return error.answer;
      throw error;
    }
    revalidatePath('/careful/billing');
    return done('Plan changed.');
  },
});

export const transferCredits = createAction({
  name: 'transferCredits',
  schema: z.object({
    toTeamId: field.id,
    amountCents: field.amountCents,
    idempotencyKey: field.idempotencyKey,
  }),
  role: 'owner',
  rate: { limit: 10, windowSeconds: 60 },
  handler: async ({ user, membership, input }) => {
    const { toTeamId, amountCents, idempotencyKey } = input;
    const fromTeamId = membership.teamId;
    if (toTeamId === fromTeamId) return fail('Choose another team.');
    try {
      await db.transaction(async (tx) => {
        if (!(await claimKey(tx, 'transferCredits', user.id, idempotencyKey))) return;
        const paid = await tx
          .update(teams)
          .set({ creditCents: sql`${teams.creditCents} - ${amountCents}` })
          .where(and(eq(teams.id, fromTeamId), gte(teams.creditCents, amountCents)))
          .returning({ id: teams.id });
        if (paid.length === 0) throw new Refused(fail('Not enough credits.'));
        const received = await tx
          .update(teams)
          .set({ creditCents: sql`${teams.creditCents} + ${amountCents}` })
          .where(eq(teams.id, toTeamId))
          .returning({ id: teams.id });
        if (received.length === 0) throw new Refused(fail('This team cannot receive credits.'));
        await tx.insert(transfers).values({ fromTeamId, toTeamId, amountCents });
      });
    } catch (error) {
      if (error instanceof Refused) return error.answer;
      throw error;
    }
    revalidatePath('/careful/billing');
    return done('Credits sent.');
  },
});

const REFUND_MINUTES = 14 * 24 * 60;

/** Add-ons can be returned within 14 days, once, for what they cost. */
export async function refundCharge(chargeId: string, _previous: ActionState): Promise<ActionState> {
  const user = await requireUser();
  const membership = await currentMembership(user.id);
  if (membership?.role !== 'owner') return fail('Your role does not allow this.');
  const parsed = field.id.safeParse(chargeId);
  if (!parsed.success) return fail('This charge cannot be refunded.');

  const refunded = await db.transaction(async (tx) => {
    const [charge] = await tx
      .update(charges)
      .set({ refundedAt: new Date() })
      .where(
        and(
          eq(charges.id, parsed.data),
          eq(charges.teamId, membership.teamId),
          eq(charges.kind, 'addon'),
          isNull(charges.refundedAt),
          gt(charges.createdAt, inMinutes(-REFUND_MINUTES)),
        ),
      )
      .returning({ amountCents: charges.amountCents });
    if (!charge) return false;
    await tx
      .update(teams)
      .set({ creditCents: sql`${teams.creditCents} + ${charge.amountCents}` })
      .where(eq(teams.id, membership.teamId));
    return true;
  });
  if (!refunded) return fail('This charge cannot be refunded.');
  revalidatePath('/careful/billing');
  return done('Refunded.');
}
