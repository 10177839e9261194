import { desc } from 'drizzle-orm';
import { db } from '@/lib/db';
import { outbox } from '@/lib/schema';

const mails = await db.select().from(outbox).orderBy(desc(outbox.createdAt)).limit(10);
for (const mail of mails.reverse()) {
  console.log(`--- to ${mail.recipient}: ${mail.subject}\n${mail.body}\n`);
}
