'use server';

import { db } from '@/lib/db';
import { sendMail } from '@/lib/mailer';
import { contactMessages } from '@/lib/schema';
import { done, type ActionState } from '@/lib/state';

// No validation and no rate limit: sends any text to any address.
export async function sendContactMessage(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const email = formData.get('email') as string;
  const message = formData.get('message') as string;
  await db.insert(contactMessages).values({ email, message });
  await sendMail(email, 'We have received your message', message);
  return done('Thank you, we will be in touch.');
}
