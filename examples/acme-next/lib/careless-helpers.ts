'use server';

// Meant for other server code, but the directive makes each function an endpoint that anybody can call.

import { eq, sql } from 'drizzle-orm';
import { db } from './db';
import { hashPassword } from './passwords';
import { teams, users } from './schema';

export async function findUserByEmail(email: string) {
  return db.query.users.findFirst({ where: eq(users.email, email) });
}

export async function setUserPassword(userId: string, password: string) {
  await db
    .update(users)
    .set({ passwordHash: await hashPassword(password) })
    .where(eq(users.id, userId));
}

export async function grantCredits(teamId: string, amountCents: number) {
  await db
    .update(teams)
    .set({ creditCents: sql`${teams.creditCents} + ${amountCents}` })
    .where(eq(teams.id, teamId));
}
