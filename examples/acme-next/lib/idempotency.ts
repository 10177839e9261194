import 'server-only';
import type { Transaction } from './db';
import { idempotencyKeys } from './schema';

/** True the first time a user presents a key, false ever after (unique index on scope, user and key). */
export async function claimKey(tx: Transaction, scope: string, userId: string, key: string): Promise<boolean> {
  const claimed = await tx
    .insert(idempotencyKeys)
    .values({ scope, userId, key })
    .onConflictDoNothing()
    .returning({ key: idempotencyKeys.key });
  return claimed.length === 1;
}
