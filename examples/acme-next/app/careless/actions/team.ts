'use server';

import { and, eq } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { adminAction } from '@/lib/admin-action';
import { db } from '@/lib/db';
import { appUrl, sendMail } from '@/lib/mailer';
import { invites, memberships, teams, users } from '@/lib/schema';
import type { Role } from '@/lib/roles';
import { getSession, requireUser } from '@/lib/session';
import { done, fail, type ActionState } from '@/lib/state';
import { inMinutes, randomToken, sha256 } from '@/lib/tokens';

// No authentication, and whole rows with password hashes.
export async function listMembers(teamId: string) {
  return db
    .select()
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(eq(memberships.teamId, teamId));
}

// No role check: any signed-in user can become owner of any team.
export async function changeRole(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const session = await getSession();
  if (!session) return fail('Please sign in.');

  const teamId = formData.get('teamId') as string;
  const userId = formData.get('userId') as string;
  const role = formData.get('role') as Role;
  await db
    .update(memberships)
    .set({ role })
    .where(and(eq(memberships.teamId, teamId), eq(memberships.userId, userId)));
  revalidatePath('/careless/team');
  return done('Role changed.');
}

// No role check: any signed-in user can remove anybody from any team.
export async function removeMember(teamId: string, userId: string) {
  await requireUser();
  await db.delete(memberships).where(and(eq(memberships.teamId, teamId), eq(memberships.userId, userId)));
  revalidatePath('/careless/team');
}

// No role check: any signed-in user can invite to any team, in any role.
export async function inviteMember(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const user = await requireUser();
  const email = formData.get('email') as string;
  const teamId = formData.get('teamId') as string;
  const token = randomToken();
  await db.insert(invites).values({
    tokenHash: sha256(token),
    teamId,
    email,
    role: formData.get('role') as Role,
    expiresAt: inMinutes(7 * 24 * 60),
  });
  await sendMail(email, `${user.name} invites you`, appUrl(`/careless/invites/${token}`));
  return done(`Invited ${email}.`);
}

// The invitation is not tied to its address, does not expire, and stays valid.
export async function acceptInvite(token: string) {
  const user = await requireUser();
  const invite = await db.query.invites.findFirst({ where: eq(invites.tokenHash, sha256(token)) });
  if (!invite) throw new Error('This invitation is not valid.');
  await db.insert(memberships).values({ teamId: invite.teamId, userId: user.id, role: invite.role });
  revalidatePath('/careless/team');
}

// `adminAction` measures the time, and checks nothing.
export const renameTeam = adminAction('renameTeam', async (teamId: string, formData: FormData) => {
  await db
    .update(teams)
    .set({ name: formData.get('name') as string })
    .where(eq(teams.id, teamId));
  revalidatePath('/careless/team');
});
