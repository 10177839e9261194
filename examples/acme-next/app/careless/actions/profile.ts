'use server';

import { eq } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { setUserPassword } from '@/lib/careless-helpers';
import { db } from '@/lib/db';
import { users } from '@/lib/schema';
import { getSession, requireUser } from '@/lib/session';
import { done, fail, type ActionState } from '@/lib/state';

// Returns the whole row of any user, with the password hash.
export async function getProfile(userId: string) {
  await requireUser();
  return db.query.users.findFirst({ where: eq(users.id, userId) });
}

// Stores every column the caller sends.
export async function updateProfile(data: Partial<typeof users.$inferInsert>) {
  const session = await getSession();
  if (!session) return fail('Please sign in.');
  await db.update(users).set(data).where(eq(users.id, session.user.id));
  revalidatePath('/careless/profile');
  return done('Profile saved.');
}

// No authentication: anybody can take over the address of any user.
export async function changeEmail(userId: string, formData: FormData) {
  const email = formData.get('email') as string;
  await db.update(users).set({ email }).where(eq(users.id, userId));
  revalidatePath('/careless/profile');
}

// Changes the password of the user that the form names, without asking for the current one.
export async function changePassword(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const session = await getSession();
  if (!session) return fail('Please sign in.');
  await setUserPassword(formData.get('userId') as string, formData.get('password') as string);
  return done('Password changed.');
}
