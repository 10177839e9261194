import Link from 'next/link';
import type { ReactNode } from 'react';
import type { Half } from '@/lib/page';
import { getSession } from '@/lib/session';

const pages = ['documents', 'team', 'billing', 'profile', 'confirm', 'contact'];

type Props = { half: Half; signOut: () => Promise<void>; children: ReactNode };

/** The frame around every page of one half. */
export async function Shell({ half, signOut, children }: Props) {
  const session = await getSession();
  return (
    <div className={half}>
      <header>
        <Link href="/" className="brand" data-testid="home">
          Acme
        </Link>
        <strong className="half" data-testid="half">
          {half}
        </strong>
        <nav>
          {pages.map((page) => (
            <Link key={page} href={`/${half}/${page}`} data-testid={`nav-${page}`}>
              {page}
            </Link>
          ))}
        </nav>
        {session ? (
          <form action={signOut} className="inline" data-testid="sign-out-form">
            <span data-testid="current-user">{session.user.email}</span>
            <button data-testid="sign-out-submit">Sign out</button>
          </form>
        ) : (
          <Link href={`/${half}/sign-in`} data-testid="nav-sign-in">
            Sign in
          </Link>
        )}
      </header>
      <main>{children}</main>
    </div>
  );
}
