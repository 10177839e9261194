import 'server-only';
import { and, eq, gt, isNull, lt, sql } from 'drizzle-orm';
import { db } from './db';
import { sendMail } from './mailer';
import { hashPassword, verifyPassword } from './passwords';
import { otps } from './schema';
import { inMinutes, randomCode } from './tokens';

const MAX_ATTEMPTS = 5;

/** Mails a fresh code to `email`; the codes before it no longer work. */
export async function issueCode(userId: string, email: string): Promise<void> {
  const code = randomCode();
  const codeHash = await hashPassword(code);
  await db.transaction(async (tx) => {
    await tx
      .update(otps)
      .set({ usedAt: new Date() })
      .where(and(eq(otps.userId, userId), isNull(otps.usedAt)));
    await tx.insert(otps).values({ userId, email, codeHash, expiresAt: inMinutes(10) });
  });
  await sendMail(email, 'Your confirmation code', `Your code is ${code}. It works once, for ten minutes.`);
}

/** The address a code proves, or null. Every try counts, and a code works once. */
export async function redeemCode(userId: string, code: string): Promise<string | null> {
  const live = and(eq(otps.userId, userId), isNull(otps.usedAt), gt(otps.expiresAt, new Date()));
  const [otp] = await db
    .update(otps)
    .set({ attempts: sql`${otps.attempts} + 1` })
    .where(and(live, lt(otps.attempts, MAX_ATTEMPTS)))
    .returning({ id: otps.id, email: otps.email, codeHash: otps.codeHash });
  if (!otp || !(await verifyPassword(code, otp.codeHash))) return null;

  const used = await db
    .update(otps)
    .set({ usedAt: new Date() })
    .where(and(eq(otps.id, otp.id), isNull(otps.usedAt)))
    .returning({ id: otps.id });
  return used.length === 1 ? otp.email : null;
}
