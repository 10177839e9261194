'use server';

import { eq, sql } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { grantCredits } from '@/lib/careless-helpers';
import { db } from '@/lib/db';
import { assertSignedIn } from '@/lib/guards';
import { charges, teams, transfers } from '@/lib/schema';
import { getSession, requireUser } from '@/lib/session';
import { done, fail, type ActionState } from '@/lib/state';

// The guard only logs, and the price comes from the caller.
export async function changePlan(teamId: string, plan: string, priceCents: number) {
  await assertSignedIn('changePlan');
  await db
    .update(teams)
    .set({ plan, creditCents: sql`${teams.creditCents} - ${priceCents}` })
    .where(eq(teams.id, teamId));
  await db.insert(charges).values({ teamId, kind: 'plan', description: `Plan ${plan}`, amountCents: priceCents });
  revalidatePath('/careless/billing');
}

// Anybody can send from any team, negative amounts too; a repeated request pays twice.
export async function transferCredits(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const session = await getSession();
  if (!session) return fail('Please sign in.');

  const fromTeamId = formData.get('fromTeamId') as string;
  const toTeamId = formData.get('toTeamId') as string;
  const amountCents = Number(formData.get('amountCents'));
  try {
    const team = await db.query.teams.findFirst({ where: eq(teams.id, fromTeamId) });
    if (!team || team.creditCents < amountCents) return fail('Not enough credits.');
    await db
      .update(teams)
      .set({ creditCents: team.creditCents - amountCents })
      .where(eq(teams.id, fromTeamId));
    await grantCredits(toTeamId, amountCents);
    await db.insert(transfers).values({ fromTeamId, toTeamId, amountCents });
  } catch (error) {
    return fail((error as Error).message);
  }
  revalidatePath('/careless/billing');
  return done('Credits sent.');
}

// Not limited to the team of the caller, refunds again and again, any amount.
export async function refundCharge(chargeId: string, formData: FormData) {
  await requireUser();
  const amountCents = Number(formData.get('amountCents'));
  const [charge] = await db.update(charges).set({ refundedAt: new Date() }).where(eq(charges.id, chargeId)).returning();
  await grantCredits(charge.teamId, amountCents);
  revalidatePath('/careless/billing');
}
