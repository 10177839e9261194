'use client';

import { useState, useTransition } from 'react';
import type { ActionState } from '@/lib/state';
import { Message } from './message';

type Profile = { name: string; bio: string };
type Props = { profile: Profile; save: (profile: Profile) => Promise<ActionState> };

export function ProfileForm({ profile, save }: Props) {
  const [draft, setDraft] = useState(profile);
  const [state, setState] = useState<ActionState>(null);
  const [pending, startTransition] = useTransition();
  return (
    <form
      data-testid="profile-form"
      onSubmit={(event) => {
        event.preventDefault();
        startTransition(async () => setState(await save(draft)));
      }}
    >
      <label>
        <span>Name</span>
        <input
          value={draft.name}
          data-testid="profile-name"
          onChange={(event) => setDraft({ ...draft, name: event.target.value })}
        />
      </label>
      <label>
        <span>About you</span>
        <textarea
          rows={3}
          value={draft.bio}
          data-testid="profile-bio"
          onChange={(event) => setDraft({ ...draft, bio: event.target.value })}
        />
      </label>
      <button disabled={pending} data-testid="profile-submit">
        Save
      </button>
      <Message id="profile" state={state} />
    </form>
  );
}
