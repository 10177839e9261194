//! Actions for callers who are not signed in yet, or need not be; and those that only sound like it.

use crate::support::check;

#[test]
fn signing_in_and_out() {
    check(
        r"
=== not-needed @login: the library signs in
await signIn('credentials', { email: input.email, password: input.password });
=== not-needed @login: a password and a session of one's own
import { compare } from 'bcryptjs';
import { createSession } from '@/lib/session';
const user = await db.user.findUnique({ where: { email: input.email } });
if (!user || !(await compare(input.password, user.password))) return { error: 'wrong' };
await createSession(user.id);
redirect('/');
--- lib/session.ts
import { cookies } from 'next/headers';
import { randomBytes } from 'node:crypto';
import { db } from './db';
export async function createSession(userId: string) {
  const token = randomBytes(32).toString('hex');
  await db.session.create({ data: { token, userId } });
  (await cookies()).set('session', token, { httpOnly: true });
}
=== not-needed @enter: the same under an odd name
import { compare } from 'bcryptjs';
import { cookies } from 'next/headers';
const user = await db.user.findUnique({ where: { email: input.email } });
if (!user || !(await compare(input.password, user.password))) return { error: 'wrong' };
await db.session.create({ data: { userId: user.id } });
=== not-needed @signInWithPassword: Supabase
import { createClient } from '@supabase/supabase-js';
const supabase = createClient(process.env.URL!, process.env.KEY!);
const { error } = await supabase.auth.signInWithPassword({ email: input.email, password: input.password });
if (error) return { error: error.message };
redirect('/');
=== not-needed @signUp ~ makes an account: an account with a hash
import { hash } from 'bcryptjs';
const password = await hash(input.password, 12);
await db.user.create({ data: { email: input.email, password } });
redirect('/login');
=== not-needed @register: an account, and signed in at once
import { hash } from 'bcryptjs';
await db.user.create({ data: { email: input.email, password: await hash(input.password, 12) } });
await signIn('credentials', { email: input.email, password: input.password });
=== absent @createUser: an account of an administrator's choosing
await db.user.create({ data: input });
=== not-needed @logout: the library signs out
await signOut({ redirectTo: '/' });
=== not-needed @logout: a session of one's own is dropped
const store = await cookies();
const token = store.get('session')?.value;
if (token) await db.session.deleteMany({ where: { token } });
store.delete('session');
redirect('/');
=== not-needed @act: signing out, whatever it is called
await signOut();
=== not-needed @oauth: a provider
await signIn('github', { redirectTo: '/dashboard' });
=== absent @logoutUser: ends the sessions of whom the client names
await db.session.deleteMany({ where: { userId: input.userId } });
=== absent @deleteAccount: deletes an account, then signs out
await db.user.delete({ where: { id: input.userId } });
await signOut();
=== proven @deleteAccount: deletes the caller's account, then signs out
const session = await auth();
if (!session?.user?.id) throw new Error('no');
await db.user.delete({ where: { id: session.user.id } });
await signOut();
=== absent @login: only called so
await db.post.delete({ where: { id: input } });
=== absent @signInLogCleanup: only sounds so
await db.signInLog.deleteMany({});
",
    );
}

#[test]
fn passwords() {
    check(
        r"
=== not-needed @requestPasswordReset ~ cannot sign in yet: a link by mail
import { Resend } from 'resend';
import { randomBytes } from 'node:crypto';
const resend = new Resend(process.env.RESEND_KEY);
const user = await db.user.findUnique({ where: { email: input.email } });
if (!user) return { ok: true };
const token = randomBytes(32).toString('hex');
await db.passwordResetToken.create({ data: { token, userId: user.id } });
await resend.emails.send({ from: 'a@example.com', to: user.email, subject: 'Reset', text: token });
=== not-needed @resetPassword: a new password for a token
import { hash } from 'bcryptjs';
const reset = await db.passwordResetToken.findUnique({ where: { token: input.token } });
if (!reset || reset.expires < new Date()) return { error: 'expired' };
await db.user.update({ where: { id: reset.userId }, data: { password: await hash(input.password, 12) } });
=== absent @setUserPassword: a new password for anybody
import { hash } from 'bcryptjs';
await db.user.update({ where: { id: input.userId }, data: { password: await hash(input.password, 12) } });
=== absent @resetUserPassword: a new password for anybody, by an administrator
import { hash } from 'bcryptjs';
await db.user.update({ where: { id: input.userId }, data: { password: await hash(input.password, 12) } });
=== proven @changePassword: the caller's own password
import { hash } from 'bcryptjs';
const session = await auth();
if (!session?.user?.id) throw new Error('no');
await db.user.update({ where: { id: session.user.id }, data: { password: await hash(input.password, 12) } });
=== absent @changePassword: anybody's password
import { hash } from 'bcryptjs';
await db.user.update({ where: { email: input.email }, data: { password: await hash(input.password, 12) } });
=== not-needed @changePassword: whoever knows the old password
import { compare, hash } from 'bcryptjs';
const user = await db.user.findUnique({ where: { email: input.email } });
if (!user || !(await compare(input.old, user.password))) return { error: 'no' };
await db.user.update({ where: { email: input.email }, data: { password: await hash(input.password, 12) } });
=== not-needed @resetPassword: the account that the code was sent to
import { hash } from 'bcryptjs';
const reset = await db.verification.findFirst({ where: { identifier: input.email, resetToken: input.token } });
if (!reset) return { error: 'no' };
await db.user.update({ where: { email: input.email }, data: { passwordHash: await hash(input.password, 12) } });
=== absent @verifyUser: an administrator's tick
await db.user.update({ where: { id: input.userId }, data: { verified: true } });
=== absent @confirmOrder: not every confirmation is about an address
await db.order.update({ where: { id: input.id }, data: { confirmed: true } });
=== absent @activateSubscription: nor every activation
await db.subscription.update({ where: { id: input.id }, data: { active: true } });
=== absent @resendInvoice: nor every mail that is sent again
import { Resend } from 'resend';
const resend = new Resend(process.env.RESEND_KEY);
const order = await db.order.findUnique({ where: { id: input.id } });
await resend.emails.send({ from: 'a@example.com', to: input.email, subject: 'Invoice', text: order.total });
=== absent @verifyPayment: nor every token
await db.payment.update({ where: { token: input.token }, data: { paid: true } });
=== absent @resetDatabase: nor every reset
await db.post.deleteMany({});
await db.user.deleteMany({});
",
    );
}

#[test]
fn open_to_all() {
    check(
        r"
=== not-needed @sendContactMessage ~ everybody may send: contact by mail
import { Resend } from 'resend';
const resend = new Resend(process.env.RESEND_KEY);
await resend.emails.send({ from: 'a@example.com', to: 'team@example.com', subject: 'Contact', text: input.message });
=== not-needed @subscribeToNewsletter: newsletter
await db.subscriber.create({ data: { email: input.email } });
=== not-needed @joinWaitlist: waiting list
await db.waitlist.create({ data: { email: input.email } });
=== absent @deleteContact: a contact is deleted
await db.contact.delete({ where: { id: input } });
=== absent @deleteFeedback: feedback is deleted
await db.feedback.deleteMany({});
=== absent @exportSubscribers: subscribers are read out
return db.subscriber.findMany();
=== absent @notifySubscribers: mail to all subscribers
import { Resend } from 'resend';
const resend = new Resend(process.env.RESEND_KEY);
const subscribers = await db.subscriber.findMany();
await resend.emails.send({ from: 'a@example.com', to: subscribers.map((one) => one.email), subject: input.subject, html: input.html });
=== absent @updateContactRole: a contact is changed
await db.contact.update({ where: { id: input.id }, data: { role: input.role } });
",
    );
}

#[test]
fn a_guard_the_wrong_way_round_is_no_sign_up() {
    check(
        r"
=== absent @dismissBanner: who has no session gets on, and nothing is said
const session = await auth();
if (session?.user) return;
await db.user.update({ where: { id: session?.user?.id }, data: { dismissed: true } });
=== not-needed @begin ~ serves who is not yet: an account is made for who has none
const session = await auth();
if (session?.user) return;
await db.user.create({ data: { email: input.email } });
",
    );
}

#[test]
fn what_the_client_compares_with_what_it_sends_proves_nothing() {
    check(
        r"
=== absent @changePlan: both sides come from the client
import { compare } from 'bcryptjs';
if (!(await compare(input.password, other.passwordHash))) return;
await db.user.update({ where: { id: other.id }, data: { plan: input.plan } });
=== not-needed @changePlan: the hash is read from the database
import { compare } from 'bcryptjs';
const user = await db.user.findUnique({ where: { email: input.email } });
if (!user || !(await compare(input.password, user.passwordHash))) return;
await db.user.update({ where: { id: user.id }, data: { plan: input.plan } });
",
    );
}
