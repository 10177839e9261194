import 'server-only';
import { db } from './db';
import { outbox } from './schema';

/** Stands in for a mail provider: mails wait in the outbox table (`npm run outbox` prints them). */
export async function sendMail(recipient: string, subject: string, body: string): Promise<void> {
  await db.insert(outbox).values({ recipient, subject, body });
  console.info(`[mail] ${subject}`);
}

/** Links in mails never follow the Host header of a request. */
export function appUrl(path: string): string {
  return new URL(path, process.env.ACME_URL ?? 'http://localhost:3000').toString();
}
