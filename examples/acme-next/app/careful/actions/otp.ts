'use server';

import { eq } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { db } from '@/lib/db';
import { issueCode, redeemCode } from '@/lib/otp';
import { rateLimit } from '@/lib/rate-limit';
import { users } from '@/lib/schema';
import { getSession, requireUser } from '@/lib/session';
import { done, fail, type ActionState } from '@/lib/state';
import * as field from '@/lib/validation';

const QUARTER_HOUR = 15 * 60;

export async function sendCode(_previous: ActionState): Promise<ActionState> {
  const user = await requireUser();
  const allowance = await rateLimit(`otp-send:${user.id}`, { limit: 5, windowSeconds: QUARTER_HOUR });
  if (!allowance.ok) return fail('Too many codes. Try again in a quarter of an hour.');
  await issueCode(user.id, user.email);
  return done('We have sent you a code.');
}

export async function confirmCode(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const session = await getSession();
  if (!session) return fail('Please sign in.');
  const allowance = await rateLimit(`otp:${session.user.id}`, { limit: 10, windowSeconds: QUARTER_HOUR });
  if (!allowance.ok) return fail('Too many attempts. Try again in a quarter of an hour.');

  const code = field.code.safeParse(formData.get('code'));
  const email = code.success ? await redeemCode(session.user.id, code.data) : null;
  if (!email) return fail('This code is not right, or not valid any more.');

  try {
    await db.update(users).set({ email, emailVerifiedAt: new Date() }).where(eq(users.id, session.user.id));
  } catch (error) {
    console.error('[otp] address not saved', error);
    return fail('This address cannot be used.');
  }
  revalidatePath('/careful/confirm');
  return done('Your address is confirmed.');
}
