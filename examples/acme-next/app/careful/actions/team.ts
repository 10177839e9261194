'use server';

import { and, eq, gt } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { redirect } from 'next/navigation';
import { z } from 'zod';
import { createAction } from '@/lib/actions';
import { db } from '@/lib/db';
import { appUrl, sendMail } from '@/lib/mailer';
import { currentMembership, getMembership } from '@/lib/members';
import { rateLimit } from '@/lib/rate-limit';
import { atLeast, outranks } from '@/lib/roles';
import { documents, invites, memberships, teams, users } from '@/lib/schema';
import { getSession, requireUser } from '@/lib/session';
import { done, fail, type ActionState } from '@/lib/state';
import { inMinutes, randomToken, sha256 } from '@/lib/tokens';
import * as field from '@/lib/validation';

export async function listMembers() {
  const session = await getSession();
  if (!session) return [];
  const membership = await currentMembership(session.user.id);
  if (!membership) return [];

  return db
    .select({ userId: users.id, name: users.name, role: memberships.role })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(eq(memberships.teamId, membership.teamId));
}

export const changeRole = createAction({
  name: 'changeRole',
  schema: z.object({ userId: field.id, role: field.grantableRole }),
  role: 'admin',
  handler: async ({ membership, input }) => {
    const target = await getMembership(input.userId, membership.teamId);
    if (!target || !outranks(membership.role, target.role) || !outranks(membership.role, input.role)) {
      return fail('Your role does not allow this.');
    }
    await db
      .update(memberships)
      .set({ role: input.role })
      .where(
        and(
          eq(memberships.teamId, membership.teamId),
          eq(memberships.userId, target.userId),
          eq(memberships.role, target.role),
        ),
      );
    revalidatePath('/careful/team');
    return done('Role changed.');
  },
});

export async function removeMember(userId: string): Promise<void> {
  const user = await requireUser();
  const membership = await currentMembership(user.id);
  if (!membership || !atLeast(membership.role, 'admin')) return;

  const target = await getMembership(field.id.parse(userId), membership.teamId);
  if (!target || !outranks(membership.role, target.role)) return;

  // The documents stay with the team.
  await db.transaction(async (tx) => {
    await tx
      .update(documents)
      .set({ ownerId: user.id })
      .where(and(eq(documents.teamId, membership.teamId), eq(documents.ownerId, target.userId)));
    await tx
      .delete(memberships)
      .where(and(eq(memberships.teamId, membership.teamId), eq(memberships.userId, target.userId)));
  });
  revalidatePath('/careful/team');
}

export const inviteMember = createAction({
  name: 'inviteMember',
  schema: z.object({ email: field.email, role: field.grantableRole }),
  role: 'admin',
  rate: { limit: 10, windowSeconds: 60 * 60 },
  handler: async ({ membership, input }) => {
    if (!outranks(membership.role, input.role)) return fail('Your role does not allow this.');
    const token = randomToken();
    await db.insert(invites).values({
      tokenHash: sha256(token),
      teamId: membership.teamId,
      email: input.email,
      role: input.role,
      expiresAt: inMinutes(7 * 24 * 60),
    });
    await sendMail(input.email, 'You are invited to a team', appUrl(`/careful/invites/${token}`));
    return done('The invitation has been sent.');
  },
});

export async function acceptInvite(token: string, _previous: ActionState): Promise<ActionState> {
  const user = await requireUser();
  const allowance = await rateLimit(`accept:${user.id}`, { limit: 10, windowSeconds: 60 * 60 });
  if (!allowance.ok) return fail('Too many attempts. Try again later.');
  const parsed = field.token.safeParse(token);
  if (!parsed.success) return fail('This invitation is not valid.');

  const accepted = await db.transaction(async (tx) => {
    const [invite] = await tx
      .delete(invites)
      .where(
        and(
          eq(invites.tokenHash, sha256(parsed.data)),
          eq(invites.email, user.email),
          gt(invites.expiresAt, new Date()),
        ),
      )
      .returning({ teamId: invites.teamId, role: invites.role });
    if (!invite) return false;
    await tx
      .insert(memberships)
      .values({ teamId: invite.teamId, userId: user.id, role: invite.role })
      .onConflictDoNothing();
    return true;
  });
  if (!accepted) return fail('This invitation is not valid.');
  redirect('/careful/team');
}

export const renameTeam = createAction({
  name: 'renameTeam',
  schema: z.object({ name: field.name }),
  role: 'admin',
  handler: async ({ membership, input }) => {
    await db.update(teams).set({ name: input.name }).where(eq(teams.id, membership.teamId));
    revalidatePath('/careful/team');
    return done('Team renamed.');
  },
});
