import 'server-only';
import { and, desc, eq } from 'drizzle-orm';
import { db } from './db';
import { memberships, teams } from './schema';

export type Membership = Pick<typeof memberships.$inferSelect, 'teamId' | 'userId' | 'role'>;

const columns = { teamId: memberships.teamId, userId: memberships.userId, role: memberships.role };

export async function getMembership(userId: string, teamId: string): Promise<Membership | undefined> {
  const [row] = await db
    .select(columns)
    .from(memberships)
    .where(and(eq(memberships.userId, userId), eq(memberships.teamId, teamId)));
  return row;
}

/** The team a user works in: the one joined last. */
export async function currentMembership(userId: string) {
  const [row] = await db
    .select({ ...columns, teamName: teams.name })
    .from(memberships)
    .innerJoin(teams, eq(teams.id, memberships.teamId))
    .where(eq(memberships.userId, userId))
    .orderBy(desc(memberships.createdAt))
    .limit(1);
  return row as (Membership & { teamName: string }) | undefined;
}
