import type { ReactNode } from 'react';

type Props = {
  id: string;
  action: (formData: FormData) => void | Promise<void>;
  submit: string;
  inline?: boolean;
  children?: ReactNode;
};

/** A form whose action answers with a fresh page only. */
export function PlainForm({ id, action, submit, inline, children }: Props) {
  return (
    <form action={action} className={inline ? 'inline' : undefined} data-testid={`${id}-form`}>
      {children}
      <button data-testid={`${id}-submit`}>{submit}</button>
    </form>
  );
}
