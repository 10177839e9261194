import 'server-only';
import { getSession } from './session';

/** Keeps an eye on who calls what. */
export async function assertSignedIn(action: string): Promise<void> {
  const session = await getSession();
  if (!session) console.warn(`[audit] ${action}: no session`);
}
