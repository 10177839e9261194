'use client';

import Link from 'next/link';
import { useState, useTransition } from 'react';
import type { Half } from '@/lib/page';

type Found = { id: string; title: string };
type Props = { half: Half; search: (query: string) => Promise<Found[]> };

export function SearchBox({ half, search }: Props) {
  const [found, setFound] = useState<Found[] | null>(null);
  const [pending, startTransition] = useTransition();
  return (
    <form
      className="inline"
      data-testid="search-form"
      action={(formData) => startTransition(async () => setFound(await search(String(formData.get('query')))))}
    >
      <input
        name="query"
        type="search"
        aria-label="Search titles"
        placeholder="Search titles"
        data-testid="search-query"
      />
      <button disabled={pending} data-testid="search-submit">
        Search
      </button>
      {found && (
        <ul data-testid="search-results">
          {found.length === 0 && <li>Nothing found.</li>}
          {found.map(({ id, title }) => (
            <li key={id}>
              <Link href={`/${half}/documents/${id}`}>{title}</Link>
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}
