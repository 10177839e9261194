import { notFound } from 'next/navigation';
import { ActionForm } from '@/components/action-form';
import { Field } from '@/components/field';
import { PlainForm } from '@/components/plain-form';
import { RenameForm } from '@/components/rename-form';
import { getMembership } from '@/lib/members';
import { signedIn } from '@/lib/page';
import { documentComments, findDocument } from '@/lib/queries';
import { atLeast } from '@/lib/roles';
import { addComment, deleteComment, editComment } from '../../actions/comments';
import {
  archiveDocument,
  deleteDocument,
  duplicateDocument,
  renameDocument,
  shareDocument,
  updateDocument,
} from '../../actions/documents';

export const metadata = { title: 'Document' };

export default async function DocumentPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const user = await signedIn('careful', `/careful/documents/${id}`);
  const document = await findDocument(id);
  const membership = document && (await getMembership(user.id, document.teamId));
  if (!membership) notFound();
  const comments = await documentComments(id);
  const mine = document.ownerId === user.id;
  const admin = atLeast(membership.role, 'admin');

  return (
    <>
      <h1 data-testid="document-title">{document.title}</h1>
      <p className="muted">
        by {document.owner}
        {document.archived && ', archived'}
      </p>
      <pre data-testid="document-body">{document.body}</pre>
      <div className="actions">
        {atLeast(membership.role, 'editor') && (
          <PlainForm id="duplicate-document" action={duplicateDocument.bind(null, id)} submit="Duplicate" inline />
        )}
        {(mine || admin) && (
          <PlainForm id="archive-document" action={archiveDocument.bind(null, id)} submit="Archive" inline />
        )}
        {mine && <PlainForm id="delete-document" action={deleteDocument.bind(null, id)} submit="Delete" inline />}
      </div>
      {mine && (
        <>
          <RenameForm id={id} title={document.title} rename={renameDocument} />
          <ActionForm id="update-document" action={updateDocument.bind(null, id)} submit="Save">
            <Field form="update-document" name="body" label="Text" rows={6} defaultValue={document.body} />
          </ActionForm>
          <ActionForm id="share-document" action={shareDocument.bind(null, id)} submit="Share">
            <Field form="share-document" name="email" label="Share with" type="email" required />
          </ActionForm>
        </>
      )}
      <h2>Comments</h2>
      {comments.map((comment) => (
        <div key={comment.id} className="comment" data-testid={`comment-${comment.id}`}>
          <p>
            <strong>{comment.author}</strong>: {comment.body}
          </p>
          <div className="actions">
            {comment.authorId === user.id && (
              <ActionForm
                id={`edit-comment-${comment.id}`}
                action={editComment.bind(null, comment.id)}
                submit="Save"
                inline
              >
                <input
                  name="body"
                  aria-label="Comment"
                  defaultValue={comment.body}
                  data-testid={`edit-comment-${comment.id}-body`}
                />
              </ActionForm>
            )}
            {(comment.authorId === user.id || admin) && (
              <PlainForm
                id={`delete-comment-${comment.id}`}
                action={deleteComment.bind(null, comment.id)}
                submit="Delete"
                inline
              />
            )}
          </div>
        </div>
      ))}
      <ActionForm id="add-comment" action={addComment} submit="Comment">
        <input type="hidden" name="documentId" value={id} />
        <Field form="add-comment" name="body" label="Your comment" rows={3} required />
      </ActionForm>
    </>
  );
}
