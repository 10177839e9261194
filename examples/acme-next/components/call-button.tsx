'use client';

import { useTransition } from 'react';

type Props = { id: string; label: string; call: () => Promise<unknown> };

/** A button that calls an action without a form. */
export function CallButton({ id, label, call }: Props) {
  const [pending, startTransition] = useTransition();
  return (
    <button
      type="button"
      disabled={pending}
      data-testid={id}
      onClick={() =>
        startTransition(async () => {
          await call();
        })
      }
    >
      {label}
    </button>
  );
}
