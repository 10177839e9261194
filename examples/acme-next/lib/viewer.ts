import 'server-only';
import { cookies } from 'next/headers';

const COOKIE = 'acme_viewer';

export type Viewer = { id: string; name: string; role: string };

/** Remembered at sign-in so that pages can greet the user without a query. */
export async function rememberViewer(viewer: Viewer): Promise<void> {
  (await cookies()).set(COOKIE, JSON.stringify(viewer), { path: '/', maxAge: 60 * 60 * 24 * 7 });
}

export async function getViewer(): Promise<Viewer | null> {
  const raw = (await cookies()).get(COOKIE)?.value;
  return raw ? (JSON.parse(raw) as Viewer) : null;
}
