'use server';

import { eq } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { db } from '@/lib/db';
import { comments } from '@/lib/schema';
import { requireUser } from '@/lib/session';
import { done, fail, type ActionState } from '@/lib/state';
import { getViewer } from '@/lib/viewer';

// The form names the author; errors of the database reach the page.
export async function addComment(_previous: ActionState, formData: FormData): Promise<ActionState> {
  const documentId = formData.get('documentId') as string;
  try {
    await db.insert(comments).values({
      documentId,
      authorId: formData.get('authorId') as string,
      body: formData.get('body') as string,
    });
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
  revalidatePath(`/careless/documents/${documentId}`);
  return done('Comment added.');
}

// The guard refuses by throwing, and the catch block swallows it.
export async function editComment(id: string, formData: FormData) {
  try {
    await requireUser();
  } catch (error) {
    console.error('editComment', error);
  }
  const body = formData.get('body') as string;
  const [comment] = await db.update(comments).set({ body }).where(eq(comments.id, id)).returning();
  revalidatePath(`/careless/documents/${comment.documentId}`);
}

// The identity comes from a cookie that the caller can write.
export async function deleteComment(id: string) {
  const viewer = await getViewer();
  if (!viewer) throw new Error('Please sign in.');

  const comment = await db.query.comments.findFirst({ where: eq(comments.id, id) });
  if (!comment) return;
  if (comment.authorId !== viewer.id && viewer.role !== 'owner') throw new Error('This is not your comment.');

  await db.delete(comments).where(eq(comments.id, id));
  revalidatePath(`/careless/documents/${comment.documentId}`);
}
