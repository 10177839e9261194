import type { ActionState } from '@/lib/state';

export function Message({ id, state }: { id: string; state: ActionState }) {
  if (!state) return null;
  return (
    <p role="status" className={state.ok ? 'message ok' : 'message'} data-testid={`${id}-status`}>
      {state.message}
    </p>
  );
}
