'use client';

import { useActionState } from 'react';
import { done, type ActionState } from '@/lib/state';
import { Message } from './message';

type Props = {
  id: string;
  title: string;
  rename: (id: string, title: string) => Promise<ActionState | void>;
};

export function RenameForm({ id, title, rename }: Props) {
  const [state, formAction, pending] = useActionState<ActionState, FormData>(async (_previous, formData) => {
    return (await rename(id, String(formData.get('title')))) ?? done('Renamed.');
  }, null);
  return (
    <form action={formAction} className="inline" data-testid="rename-document-form">
      <input name="title" aria-label="Title" defaultValue={title} key={title} data-testid="rename-document-title" />
      <button disabled={pending} data-testid="rename-document-submit">
        Rename
      </button>
      <Message id="rename-document" state={state} />
    </form>
  );
}
