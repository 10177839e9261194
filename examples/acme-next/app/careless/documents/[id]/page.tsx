import { notFound } from 'next/navigation';
import { ActionForm } from '@/components/action-form';
import { CallButton } from '@/components/call-button';
import { Field } from '@/components/field';
import { PlainForm } from '@/components/plain-form';
import { RenameForm } from '@/components/rename-form';
import { signedIn } from '@/lib/page';
import { documentComments, findDocument } from '@/lib/queries';
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
  const user = await signedIn('careless', `/careless/documents/${id}`);
  const document = await findDocument(id);
  if (!document) notFound();
  const comments = await documentComments(id);
  const mine = document.ownerId === user.id;

  return (
    <>
      <h1 data-testid="document-title">{document.title}</h1>
      <p className="muted">
        by {document.owner}
        {document.archived && ', archived'}
      </p>
      <pre data-testid="document-body">{document.body}</pre>
      <div className="actions">
        <CallButton
          id="duplicate-document"
          label="Duplicate"
          call={duplicateDocument.bind(null, { id, userId: user.id })}
        />
        {mine && (
          <>
            <PlainForm id="archive-document" action={archiveDocument.bind(null, id)} submit="Archive" inline />
            <PlainForm id="delete-document" action={deleteDocument.bind(null, id)} submit="Delete" inline />
          </>
        )}
      </div>
      {mine && (
        <>
          <RenameForm id={id} title={document.title} rename={renameDocument} />
          <PlainForm id="update-document" action={updateDocument.bind(null, id)} submit="Save">
            <Field form="update-document" name="body" label="Text" rows={6} defaultValue={document.body} />
          </PlainForm>
          <PlainForm id="share-document" action={shareDocument.bind(null, id)} submit="Share">
            <Field form="share-document" name="email" label="Share with" type="email" required />
          </PlainForm>
        </>
      )}
      <h2>Comments</h2>
      {comments.map((comment) => (
        <div key={comment.id} className="comment" data-testid={`comment-${comment.id}`}>
          <p>
            <strong>{comment.author}</strong>: {comment.body}
          </p>
          {comment.authorId === user.id && (
            <div className="actions">
              <PlainForm
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
              </PlainForm>
              <PlainForm
                id={`delete-comment-${comment.id}`}
                action={deleteComment.bind(null, comment.id)}
                submit="Delete"
                inline
              />
            </div>
          )}
        </div>
      ))}
      <ActionForm id="add-comment" action={addComment} submit="Comment">
        <input type="hidden" name="documentId" value={id} />
        <input type="hidden" name="authorId" value={user.id} />
        <Field form="add-comment" name="body" label="Your comment" rows={3} required />
      </ActionForm>
    </>
  );
}
