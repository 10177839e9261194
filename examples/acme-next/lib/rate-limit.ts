import 'server-only';
import { eq, lt, sql } from 'drizzle-orm';
import { headers } from 'next/headers';
import { db } from './db';
import { rateLimits } from './schema';

export type Rate = { limit: number; windowSeconds: number };

/** Counts one use of `key`. A single statement, so parallel requests cannot slip past it. */
export async function rateLimit(key: string, { limit, windowSeconds }: Rate): Promise<{ ok: boolean }> {
  const now = Math.floor(Date.now() / 1000);
  const [row] = await db
    .insert(rateLimits)
    .values({ key, count: 1, resetAt: now + windowSeconds })
    .onConflictDoUpdate({
      target: rateLimits.key,
      set: {
        count: sql`case when ${rateLimits.resetAt} <= ${now} then 1 else ${rateLimits.count} + 1 end`,
        resetAt: sql`case when ${rateLimits.resetAt} <= ${now} then ${now + windowSeconds} else ${rateLimits.resetAt} end`,
      },
    })
    .returning({ count: rateLimits.count });
  if (Math.random() < 0.01) await db.delete(rateLimits).where(lt(rateLimits.resetAt, now));
  return { ok: row.count <= limit };
}

/** Forgets the uses of `key`, for example after a successful sign-in. */
export async function clearRateLimit(key: string): Promise<void> {
  await db.delete(rateLimits).where(eq(rateLimits.key, key));
}

/**
 * Who is calling, for limits on public actions. X-Forwarded-For is believed only behind a proxy that
 * appends to it (ACME_BEHIND_PROXY=1); otherwise all callers share one allowance.
 */
export async function clientAddress(): Promise<string> {
  if (process.env.ACME_BEHIND_PROXY !== '1') return 'direct';
  const forwarded = (await headers()).get('x-forwarded-for') ?? '';
  return forwarded.split(',').at(-1)?.trim() || 'unknown';
}
