'use server';

import { and, eq, gt } from 'drizzle-orm';
import { redirect } from 'next/navigation';
import { after } from 'next/server';
import { z } from 'zod';
import { db } from '@/lib/db';
import { appUrl, sendMail } from '@/lib/mailer';
import { issueCode } from '@/lib/otp';
import { hashPassword, verifyPassword } from '@/lib/passwords';
import { clearRateLimit, clientAddress, rateLimit } from '@/lib/rate-limit';
import { safePath } from '@/lib/safe-redirect';
import { memberships, passwordResets, teams, users } from '@/lib/schema';
import { createSession, destroyAllSessions, destroySession } from '@/lib/session';
import { done, fail, type ActionState } from '@/lib/state';
import { inMinutes, randomToken, sha256 } from '@/lib/tokens';
import * as field from '@/lib/validation';

const QUARTER_HOUR = 15 * 60;
const HOUR = 60 * 60;

const signInForm = z.object({ email: field.email, password: z.string().min(1).max(200) });

export async function signIn(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const parsed = signInForm.safeParse(Object.fromEntries(formData));
  if (!parsed.success) return fail('E-mail or password is wrong.');
  const { email, password } = parsed.data;

  const byCaller = await rateLimit(`sign-in:from:${await clientAddress()}`, {
    limit: 200,
    windowSeconds: QUARTER_HOUR,
  });
  const byAccount = await rateLimit(`sign-in:${email}`, { limit: 10, windowSeconds: QUARTER_HOUR });
  if (!byCaller.ok || !byAccount.ok) return fail('Too many attempts. Try again in a quarter of an hour.');

  const [user] = await db
    .select({ id: users.id, passwordHash: users.passwordHash })
    .from(users)
    .where(eq(users.email, email));
  if (!(await verifyPassword(password, user?.passwordHash))) return fail('E-mail or password is wrong.');

  await clearRateLimit(`sign-in:${email}`);
  await destroySession();
  await createSession(user.id);
  redirect(safePath(formData.get('next'), '/careful/documents'));
}

const signUpForm = z.object({
  email: field.email,
  name: field.name,
  teamName: field.name,
  password: field.password,
});

export async function signUp(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const allowance = await rateLimit(`sign-up:${await clientAddress()}`, { limit: 30, windowSeconds: HOUR });
  if (!allowance.ok) return fail('Too many attempts. Try again later.');

  const parsed = signUpForm.safeParse(Object.fromEntries(formData));
  if (!parsed.success) return fail('Please check the form. A password has at least ten characters.');
  const { email, name, teamName, password } = parsed.data;

  const passwordHash = await hashPassword(password);
  const userId = await db.transaction(async (tx) => {
    const [user] = await tx
      .insert(users)
      .values({ email, name, passwordHash })
      .onConflictDoNothing()
      .returning({ id: users.id });
    if (!user) return null;
    const [team] = await tx.insert(teams).values({ name: teamName }).returning({ id: teams.id });
    await tx.insert(memberships).values({ teamId: team.id, userId: user.id, role: 'owner' });
    return user.id;
  });
  if (!userId) return fail('This account could not be created. Do you have one already?');

  await issueCode(userId, email);
  await createSession(userId);
  redirect('/careful/confirm');
}

export async function signOut() {
  await destroySession();
  redirect('/careful/sign-in');
}

export async function requestReset(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const parsed = field.email.safeParse(formData.get('email'));
  if (!parsed.success) return fail('Please enter an e-mail address.');
  const email = parsed.data;

  const byCaller = await rateLimit(`reset:from:${await clientAddress()}`, { limit: 60, windowSeconds: HOUR });
  const byAddress = await rateLimit(`reset:${email}`, { limit: 3, windowSeconds: HOUR });
  if (!byCaller.ok || !byAddress.ok) return fail('Too many requests. Try again later.');

  // After the answer, so that neither its text nor its timing tells whether the account exists.
  after(async () => {
    const [user] = await db.select({ id: users.id }).from(users).where(eq(users.email, email));
    if (!user) return;
    const token = randomToken();
    await db.insert(passwordResets).values({ tokenHash: sha256(token), userId: user.id, expiresAt: inMinutes(30) });
    await sendMail(email, 'Reset your password', appUrl(`/careful/reset/${token}`));
  });
  return done('If there is an account for this address, a link is on its way.');
}

const resetForm = z.object({ token: field.token, password: field.password });

export async function resetPassword(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const allowance = await rateLimit(`reset-use:${await clientAddress()}`, { limit: 60, windowSeconds: HOUR });
  if (!allowance.ok) return fail('Too many attempts. Try again later.');

  const parsed = resetForm.safeParse(Object.fromEntries(formData));
  if (!parsed.success) return fail('Please check the form. A password has at least ten characters.');

  const [reset] = await db
    .delete(passwordResets)
    .where(and(eq(passwordResets.tokenHash, sha256(parsed.data.token)), gt(passwordResets.expiresAt, new Date())))
    .returning({ userId: passwordResets.userId });
  if (!reset) return fail('This link is not valid any more.');

  const passwordHash = await hashPassword(parsed.data.password);
  await db.update(users).set({ passwordHash }).where(eq(users.id, reset.userId));
  await db.delete(passwordResets).where(eq(passwordResets.userId, reset.userId));
  await destroyAllSessions(reset.userId);
  return done('Your password has been changed. You can sign in now.');
}
