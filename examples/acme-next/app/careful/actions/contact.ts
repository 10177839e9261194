'use server';

import { z } from 'zod';
import { db } from '@/lib/db';
import { sendMail } from '@/lib/mailer';
import { clientAddress, rateLimit } from '@/lib/rate-limit';
import { contactMessages } from '@/lib/schema';
import { done, fail, type ActionState } from '@/lib/state';
import { email, remark } from '@/lib/validation';

const form = z.object({ email, message: remark });

/** Open to everybody: no account is needed to write to us. */
export async function sendContactMessage(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const allowance = await rateLimit(`contact:${await clientAddress()}`, { limit: 20, windowSeconds: 60 * 60 });
  if (!allowance.ok) return fail('Too many messages. Try again later.');

  const parsed = form.safeParse(Object.fromEntries(formData));
  if (!parsed.success) return fail('Please check the form.');

  await db.insert(contactMessages).values({ email: parsed.data.email, message: parsed.data.message });
  await sendMail('support@acme.test', 'New contact message', `From ${parsed.data.email}:\n${parsed.data.message}`);
  return done('Thank you, we will be in touch.');
}
