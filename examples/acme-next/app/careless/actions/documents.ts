'use server';

import { and, eq, sql } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { redirect } from 'next/navigation';
import { findUserByEmail } from '@/lib/careless-helpers';
import { db } from '@/lib/db';
import { appUrl, sendMail } from '@/lib/mailer';
import { currentMembership } from '@/lib/members';
import { comments, documents } from '@/lib/schema';
import { getSession, requireUser } from '@/lib/session';

// The session is read, but nothing happens when there is none; the team comes from the caller.
export async function createDocument(teamId: string, formData: FormData) {
  const session = await getSession();
  await db.insert(documents).values({
    teamId,
    ownerId: session?.user.id ?? (formData.get('ownerId') as string),
    title: formData.get('title') as string,
    body: (formData.get('body') as string) ?? '',
  });
  revalidatePath('/careless/documents');
}

// No authentication: anybody can delete any document.
export async function deleteDocument(id: string) {
  await db.delete(comments).where(eq(comments.documentId, id));
  await db.delete(documents).where(eq(documents.id, id));
  redirect('/careless/documents');
}

// The caller is known, but not compared with the owner of the document.
export async function updateDocument(id: string, formData: FormData) {
  await requireUser();
  const body = formData.get('body') as string;
  await db.update(documents).set({ body }).where(eq(documents.id, id));
  revalidatePath(`/careless/documents/${id}`);
}

// The session serves the log line only.
export async function renameDocument(id: string, title: string) {
  const session = await getSession();
  await db.update(documents).set({ title }).where(eq(documents.id, id));
  console.info(`${session?.user.email} renamed ${id}`);
  revalidatePath(`/careless/documents/${id}`);
}

// Looks for the document among those of the caller, and goes on whatever the result.
export async function archiveDocument(id: string) {
  const user = await requireUser();
  const own = await db.query.documents.findFirst({
    where: and(eq(documents.id, id), eq(documents.ownerId, user.id)),
  });
  console.info(`archive ${own?.title ?? id}`);
  await db.update(documents).set({ archived: true }).where(eq(documents.id, id));
  revalidatePath('/careless/documents');
}

// The query becomes part of the SQL text.
export async function searchDocuments(query: string) {
  const user = await requireUser();
  const membership = await currentMembership(user.id);
  return db.all<typeof documents.$inferSelect>(
    sql.raw(`select * from documents where team_id = '${membership?.teamId}' and title like '%${query}%'`),
  );
}

// No authentication: the id of a team is enough to read all its documents.
export async function exportDocuments(teamId: string) {
  const rows = await db.query.documents.findMany({ where: eq(documents.teamId, teamId) });
  return JSON.stringify(rows, null, 2);
}

// The guard is not awaited: it says no when the mail is already gone.
export async function shareDocument(id: string, formData: FormData) {
  requireUser();
  const email = formData.get('email') as string;
  const document = await db.query.documents.findFirst({ where: eq(documents.id, id) });
  const known = await findUserByEmail(email);
  await sendMail(
    email,
    `${document?.title} was shared with you`,
    `Hello ${known?.name ?? 'there'},\n${document?.body}\n${appUrl(`/careless/documents/${id}`)}`,
  );
}

// The caller says who they are.
export async function duplicateDocument(input: { id: string; userId: string }) {
  const source = await db.query.documents.findFirst({ where: eq(documents.id, input.id) });
  if (!source) throw new Error(`No document ${input.id}`);
  const [copy] = await db
    .insert(documents)
    .values({ teamId: source.teamId, ownerId: input.userId, title: `Copy of ${source.title}`, body: source.body })
    .returning();
  revalidatePath('/careless/documents');
  return copy;
}
