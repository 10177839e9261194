import 'server-only';
import { redirect } from 'next/navigation';
import { currentMembership } from './members';
import { getSession } from './session';

export type Half = 'careless' | 'careful';

/** The user a page is rendered for; anyone else signs in first and comes back to `path`. */
export async function signedIn(half: Half, path: string) {
  const session = await getSession();
  if (!session) redirect(`/${half}/sign-in?next=${encodeURIComponent(path)}`);
  return session.user;
}

/** The same, for pages about the user's team. */
export async function inTeam(half: Half, path: string) {
  const user = await signedIn(half, path);
  const membership = await currentMembership(user.id);
  if (!membership) redirect(`/${half}/profile`);
  return { user, membership };
}
