'use server';

import { desc, eq } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { db } from '@/lib/db';
import { sendMail } from '@/lib/mailer';
import { hashPassword, verifyPassword } from '@/lib/passwords';
import { otps, users } from '@/lib/schema';
import { requireUser } from '@/lib/session';
import { done, fail, type ActionState } from '@/lib/state';
import { inMinutes } from '@/lib/tokens';

// No rate limit, and Math.random can be predicted.
export async function sendCode(_previous: ActionState, _formData: FormData): Promise<ActionState> {
  const user = await requireUser();
  const code = String(Math.floor(100000 + Math.random() * 900000));
  await db.insert(otps).values({
    userId: user.id,
    email: user.email,
    codeHash: await hashPassword(code),
    expiresAt: inMinutes(10),
  });
  await sendMail(user.email, 'Your code', `Your code is ${code}.`);
  return done('We have sent you a code.');
}

// The caller names the user, has unlimited attempts, and codes neither expire nor wear out.
export async function confirmCode(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const userId = formData.get('userId') as string;
  const code = formData.get('code') as string;
  const otp = await db.query.otps.findFirst({ where: eq(otps.userId, userId), orderBy: desc(otps.createdAt) });
  if (!otp || !(await verifyPassword(code, otp.codeHash))) return fail('This code is not right.');

  await db.update(users).set({ email: otp.email, emailVerifiedAt: new Date() }).where(eq(users.id, userId));
  revalidatePath('/careless/confirm');
  return done('Your address is confirmed.');
}
