'use server';

import { eq } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { z } from 'zod';
import { db } from '@/lib/db';
import { issueCode } from '@/lib/otp';
import { hashPassword, verifyPassword } from '@/lib/passwords';
import { rateLimit } from '@/lib/rate-limit';
import { users } from '@/lib/schema';
import { createSession, destroyAllSessions, getSession, requireUser } from '@/lib/session';
import { done, fail, type ActionState } from '@/lib/state';
import * as field from '@/lib/validation';

const QUARTER_HOUR = 15 * 60;

export async function getProfile() {
  const user = await requireUser();
  const [profile] = await db
    .select({ name: users.name, email: users.email, bio: users.bio })
    .from(users)
    .where(eq(users.id, user.id));
  return profile;
}

const profileForm = z.object({ name: field.name, bio: z.string().trim().max(500) });

export async function updateProfile(data: z.input<typeof profileForm>): Promise<ActionState> {
  const session = await getSession();
  if (!session) return fail('Please sign in.');
  const parsed = profileForm.safeParse(data);
  if (!parsed.success) return fail('Please check the form.');

  await db.update(users).set({ name: parsed.data.name, bio: parsed.data.bio }).where(eq(users.id, session.user.id));
  revalidatePath('/careful/profile');
  return done('Profile saved.');
}

const emailForm = z.object({ email: field.email, password: z.string().min(1).max(200) });

/** The address changes when its owner enters the code that was mailed to it. */
export async function changeEmail(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const session = await getSession();
  if (!session) return fail('Please sign in.');
  const allowance = await rateLimit(`password-check:${session.user.id}`, { limit: 10, windowSeconds: QUARTER_HOUR });
  if (!allowance.ok) return fail('Too many attempts. Try again in a quarter of an hour.');

  const parsed = emailForm.safeParse(Object.fromEntries(formData));
  if (!parsed.success) return fail('Please check the form.');
  if (!(await passwordMatches(session.user.id, parsed.data.password))) return fail('The password is wrong.');

  await issueCode(session.user.id, parsed.data.email);
  return done('We have sent a code to the new address. Enter it on the confirmation page.');
}

const passwordForm = z.object({ current: z.string().min(1).max(200), password: field.password });

export async function changePassword(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const session = await getSession();
  if (!session) return fail('Please sign in.');
  const allowance = await rateLimit(`password-check:${session.user.id}`, { limit: 10, windowSeconds: QUARTER_HOUR });
  if (!allowance.ok) return fail('Too many attempts. Try again in a quarter of an hour.');

  const parsed = passwordForm.safeParse(Object.fromEntries(formData));
  if (!parsed.success) return fail('A password has at least ten characters.');
  if (!(await passwordMatches(session.user.id, parsed.data.current))) return fail('The password is wrong.');

  const passwordHash = await hashPassword(parsed.data.password);
  await db.update(users).set({ passwordHash }).where(eq(users.id, session.user.id));
  await destroyAllSessions(session.user.id);
  await createSession(session.user.id);
  return done('Password changed. Other devices have been signed out.');
}

async function passwordMatches(userId: string, password: string): Promise<boolean> {
  const [row] = await db.select({ hash: users.passwordHash }).from(users).where(eq(users.id, userId));
  return verifyPassword(password, row?.hash);
}
