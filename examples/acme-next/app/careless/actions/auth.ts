'use server';

import { eq } from 'drizzle-orm';
import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { findUserByEmail, setUserPassword } from '@/lib/careless-helpers';
import { db } from '@/lib/db';
import { sendMail } from '@/lib/mailer';
import { currentMembership } from '@/lib/members';
import { hashPassword, verifyPassword } from '@/lib/passwords';
import { memberships, passwordResets, teams, users } from '@/lib/schema';
import { createSession } from '@/lib/session';
import { done, fail, type ActionState } from '@/lib/state';
import { inMinutes, randomToken, sha256 } from '@/lib/tokens';
import { rememberViewer } from '@/lib/viewer';

// No rate limit, tells which accounts exist, and sends the user to any address in `next`.
export async function signIn(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const email = formData.get('email') as string;
  const password = formData.get('password') as string;

  const user = await findUserByEmail(email);
  if (!user) return fail(`There is no account for ${email}.`);
  if (!(await verifyPassword(password, user.passwordHash))) return fail('Wrong password.');

  const membership = await currentMembership(user.id);
  await createSession(user.id);
  await rememberViewer({ id: user.id, name: user.name, role: membership?.role ?? 'viewer' });

  redirect((formData.get('next') as string) || '/careless/documents');
}

type SignUpForm = { email: string; name: string; password: string; teamName: string };

// Whatever else the form carries is stored too, `isStaff` for example; database errors reach the page.
export async function signUp(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const { password, teamName, ...data } = Object.fromEntries(formData) as SignUpForm;
  let userId: string;
  try {
    const [user] = await db
      .insert(users)
      .values({ ...data, passwordHash: await hashPassword(password) })
      .returning();
    const [team] = await db.insert(teams).values({ name: teamName }).returning();
    await db.insert(memberships).values({ teamId: team.id, userId: user.id, role: 'owner' });
    await rememberViewer({ id: user.id, name: user.name, role: 'owner' });
    userId = user.id;
  } catch (error) {
    return fail((error as Error).message);
  }
  await createSession(userId);
  redirect('/careless/documents');
}

// Forgets the cookie, but leaves the session open in the database.
export async function signOut() {
  const store = await cookies();
  store.delete('acme_session');
  store.delete('acme_viewer');
  redirect('/careless/sign-in');
}

// Tells which accounts exist, has no rate limit, and builds the link from the Host header.
export async function requestReset(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const user = await findUserByEmail(formData.get('email') as string);
  if (!user) return fail('We do not know this address.');

  const token = randomToken();
  await db.insert(passwordResets).values({ tokenHash: sha256(token), userId: user.id, expiresAt: inMinutes(30) });
  const host = (await headers()).get('host');
  await sendMail(user.email, 'Reset your password', `http://${host}/careless/reset/${token}`);
  return done('We have sent you a link.');
}

// The link never expires, works again and again, and leaves open sessions alone.
export async function resetPassword(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const reset = await db.query.passwordResets.findFirst({
    where: eq(passwordResets.tokenHash, sha256(formData.get('token') as string)),
  });
  if (!reset) return fail('This link is not valid.');
  await setUserPassword(reset.userId, formData.get('password') as string);
  return done('Your password has been changed.');
}
