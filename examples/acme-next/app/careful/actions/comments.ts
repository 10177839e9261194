'use server';

import { and, eq } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { z } from 'zod';
import { createAction } from '@/lib/actions';
import { db } from '@/lib/db';
import { getMembership } from '@/lib/members';
import { atLeast } from '@/lib/roles';
import { comments, documents } from '@/lib/schema';
import { getSession, requireUser } from '@/lib/session';
import { done, fail, type ActionState } from '@/lib/state';
import * as field from '@/lib/validation';

export const addComment = createAction({
  name: 'addComment',
  schema: z.object({ documentId: field.id, body: field.remark }),
  rate: { limit: 20, windowSeconds: 60 },
  handler: async ({ user, input }) => {
    const document = await db.query.documents.findFirst({
      columns: { id: true, teamId: true },
      where: eq(documents.id, input.documentId),
    });
    if (!document || !(await getMembership(user.id, document.teamId))) return fail('There is no such document.');

    await db.insert(comments).values({ documentId: document.id, authorId: user.id, body: input.body });
    revalidatePath(`/careful/documents/${document.id}`);
    return done('Comment added.');
  },
});

const editForm = z.object({ id: field.id, body: field.remark });

export async function editComment(id: string, _previous: ActionState, formData: FormData): Promise<ActionState> {
  const session = await getSession();
  if (!session) return fail('Please sign in.');
  const parsed = editForm.safeParse({ id, body: formData.get('body') });
  if (!parsed.success) return fail('Please check the form.');

  const [comment] = await db
    .update(comments)
    .set({ body: parsed.data.body })
    .where(and(eq(comments.id, parsed.data.id), eq(comments.authorId, session.user.id)))
    .returning({ documentId: comments.documentId });
  if (!comment) return fail('This comment is not yours.');

  revalidatePath(`/careful/documents/${comment.documentId}`);
  return done('Saved.');
}

export async function deleteComment(id: string): Promise<void> {
  const user = await requireUser();
  const [comment] = await db
    .select({ id: comments.id, authorId: comments.authorId, documentId: documents.id, teamId: documents.teamId })
    .from(comments)
    .innerJoin(documents, eq(documents.id, comments.documentId))
    .where(eq(comments.id, field.id.parse(id)));
  if (!comment) return;

  const membership = await getMembership(user.id, comment.teamId);
  const moderator = membership !== undefined && atLeast(membership.role, 'admin');
  if (comment.authorId !== user.id && !moderator) return;

  await db.delete(comments).where(eq(comments.id, comment.id));
  revalidatePath(`/careful/documents/${comment.documentId}`);
}
