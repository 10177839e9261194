'use server';

import { and, eq, sql } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { redirect } from 'next/navigation';
import { z } from 'zod';
import { createAction } from '@/lib/actions';
import { db } from '@/lib/db';
import { appUrl, sendMail } from '@/lib/mailer';
import { currentMembership, getMembership } from '@/lib/members';
import { rateLimit } from '@/lib/rate-limit';
import { atLeast } from '@/lib/roles';
import { comments, documents, memberships, users } from '@/lib/schema';
import { getSession, requireUser } from '@/lib/session';
import { done, fail, type ActionState } from '@/lib/state';
import * as field from '@/lib/validation';

export const createDocument = createAction({
  name: 'createDocument',
  schema: z.object({ title: field.title, body: field.body }),
  role: 'editor',
  handler: async ({ user, membership, input }) => {
    await db.insert(documents).values({
      teamId: membership.teamId,
      ownerId: user.id,
      title: input.title,
      body: input.body,
    });
    revalidatePath('/careful/documents');
    return done('Document created.');
  },
});

export async function deleteDocument(id: string) {
  const user = await requireUser();
  const documentId = field.id.parse(id);
  await db.transaction(async (tx) => {
    const [own] = await tx
      .select({ id: documents.id })
      .from(documents)
      .where(and(eq(documents.id, documentId), eq(documents.ownerId, user.id)));
    if (!own) return;
    await tx.delete(comments).where(eq(comments.documentId, own.id));
    await tx.delete(documents).where(and(eq(documents.id, own.id), eq(documents.ownerId, user.id)));
  });
  redirect('/careful/documents');
}

const updateForm = z.object({ id: field.id, body: field.body });

export async function updateDocument(id: string, _previous: ActionState, formData: FormData): Promise<ActionState> {
  const session = await getSession();
  if (!session) return fail('Please sign in.');

  const parsed = updateForm.safeParse({ id, body: formData.get('body') });
  if (!parsed.success) return fail('Please check the form.');

  const saved = await db
    .update(documents)
    .set({ body: parsed.data.body })
    .where(and(eq(documents.id, parsed.data.id), eq(documents.ownerId, session.user.id)))
    .returning({ id: documents.id });
  if (saved.length === 0) return fail('This document is not yours.');

  revalidatePath(`/careful/documents/${parsed.data.id}`);
  return done('Saved.');
}

const renameInput = z.object({ id: field.id, title: field.title });

export async function renameDocument(id: string, title: string): Promise<ActionState> {
  const user = await requireUser();
  const parsed = renameInput.safeParse({ id, title });
  if (!parsed.success) return fail('A title has 1 to 120 characters.');

  const document = await db.query.documents.findFirst({
    columns: { id: true, ownerId: true },
    where: eq(documents.id, parsed.data.id),
  });
  if (!document || document.ownerId !== user.id) return fail('This document is not yours.');

  await db.update(documents).set({ title: parsed.data.title }).where(eq(documents.id, document.id));
  revalidatePath(`/careful/documents/${document.id}`);
  return done('Renamed.');
}

export async function archiveDocument(id: string): Promise<void> {
  const user = await requireUser();
  const document = await db.query.documents.findFirst({
    columns: { id: true, teamId: true, ownerId: true },
    where: eq(documents.id, field.id.parse(id)),
  });
  if (!document) return;

  const membership = await getMembership(user.id, document.teamId);
  if (!membership) return;
  if (document.ownerId !== user.id && !atLeast(membership.role, 'admin')) return;

  await db.update(documents).set({ archived: true }).where(eq(documents.id, document.id));
  revalidatePath('/careful/documents');
}

const searchText = z.string().trim().min(1).max(100);

export async function searchDocuments(query: string): Promise<{ id: string; title: string }[]> {
  const session = await getSession();
  if (!session) return [];
  const membership = await currentMembership(session.user.id);
  const text = searchText.safeParse(query);
  if (!membership || !text.success) return [];

  return db
    .select({ id: documents.id, title: documents.title })
    .from(documents)
    .where(
      and(
        eq(documents.teamId, membership.teamId),
        sql`instr(lower(${documents.title}), ${text.data.toLowerCase()}) > 0`,
      ),
    )
    .limit(50);
}

export async function exportDocuments(): Promise<string | null> {
  const session = await getSession();
  if (!session) return null;
  const allowance = await rateLimit(`export:${session.user.id}`, { limit: 10, windowSeconds: 60 });
  if (!allowance.ok) return null;
  const membership = await currentMembership(session.user.id);
  if (!membership) return null;

  const rows = await db
    .select({ title: documents.title, body: documents.body, createdAt: documents.createdAt })
    .from(documents)
    .where(eq(documents.teamId, membership.teamId));
  return JSON.stringify(rows, null, 2);
}

export async function shareDocument(id: string, _previous: ActionState, formData: FormData): Promise<ActionState> {
  const user = await requireUser();
  const allowance = await rateLimit(`share:${user.id}`, { limit: 20, windowSeconds: 60 * 60 });
  if (!allowance.ok) return fail('Too many requests. Try again later.');

  const parsed = z.object({ id: field.id, email: field.email }).safeParse({ id, email: formData.get('email') });
  if (!parsed.success) return fail('Please enter an e-mail address.');

  const document = await db.query.documents.findFirst({
    columns: { id: true, teamId: true, ownerId: true },
    where: eq(documents.id, parsed.data.id),
  });
  if (!document || document.ownerId !== user.id) return fail('This document is not yours.');

  const [colleague] = await db
    .select({ email: users.email })
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(memberships.teamId, document.teamId), eq(users.email, parsed.data.email)));
  if (!colleague) return fail('Documents can be shared with members of the team only.');

  await sendMail(colleague.email, 'A document for you', appUrl(`/careful/documents/${document.id}`));
  return done('Your colleague has been told.');
}

export async function duplicateDocument(id: string): Promise<void> {
  const user = await requireUser();
  const source = await db.query.documents.findFirst({
    columns: { teamId: true, title: true, body: true },
    where: eq(documents.id, field.id.parse(id)),
  });
  if (!source) return;
  const membership = await getMembership(user.id, source.teamId);
  if (!membership || !atLeast(membership.role, 'editor')) return;

  await db.insert(documents).values({
    teamId: membership.teamId,
    ownerId: user.id,
    title: `Copy of ${source.title}`.slice(0, 120),
    body: source.body,
  });
  revalidatePath('/careful/documents');
}
