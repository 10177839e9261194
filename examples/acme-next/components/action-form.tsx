'use client';

import { useActionState, type ReactNode } from 'react';
import type { ActionState } from '@/lib/state';
import { Message } from './message';

type Props = {
  id: string;
  action: (previous: ActionState, formData: FormData) => Promise<ActionState>;
  submit: string;
  inline?: boolean;
  children?: ReactNode;
};

/** A form that shows what its action answers. It also works before, or without, JavaScript. */
export function ActionForm({ id, action, submit, inline, children }: Props) {
  const [state, formAction, pending] = useActionState(action, null);
  return (
    <form action={formAction} className={inline ? 'inline' : undefined} data-testid={`${id}-form`}>
      {children}
      <button disabled={pending} data-testid={`${id}-submit`}>
        {submit}
      </button>
      <Message id={id} state={state} />
    </form>
  );
}
