import 'server-only';
import { and, eq, gt } from 'drizzle-orm';
import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { db } from './db';
import { sessions, users } from './schema';
import { inMinutes, randomToken, sha256 } from './tokens';

const COOKIE = 'acme_session';
const LIFETIME_MINUTES = 7 * 24 * 60;

export type SessionUser = Pick<
  typeof users.$inferSelect,
  'id' | 'email' | 'name' | 'bio' | 'isStaff' | 'emailVerifiedAt'
>;
export type Session = { id: string; user: SessionUser };

export async function createSession(userId: string): Promise<void> {
  const token = randomToken();
  const expiresAt = inMinutes(LIFETIME_MINUTES);
  await db.insert(sessions).values({ id: sha256(token), userId, expiresAt });
  (await cookies()).set(COOKIE, token, {
    httpOnly: true,
    sameSite: 'lax',
    secure: !(await servedLocally()),
    path: '/',
    expires: expiresAt,
  });
}

export async function getSession(): Promise<Session | null> {
  const token = (await cookies()).get(COOKIE)?.value;
  if (!token) return null;
  const [row] = await db
    .select({
      id: sessions.id,
      user: {
        id: users.id,
        email: users.email,
        name: users.name,
        bio: users.bio,
        isStaff: users.isStaff,
        emailVerifiedAt: users.emailVerifiedAt,
      },
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, sha256(token)), gt(sessions.expiresAt, new Date())));
  return row ?? null;
}

/** The signed-in user; anyone else is sent to the sign-in page. */
export async function requireUser(): Promise<SessionUser> {
  const session = await getSession();
  if (!session) redirect('/careful/sign-in');
  return session.user;
}

export async function destroySession(): Promise<void> {
  const store = await cookies();
  const token = store.get(COOKIE)?.value;
  if (token) await db.delete(sessions).where(eq(sessions.id, sha256(token)));
  store.delete(COOKIE);
}

export async function destroyAllSessions(userId: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.userId, userId));
}

/** Plain http works on the developer's own machine only; everywhere else the cookie needs https. */
async function servedLocally(): Promise<boolean> {
  const host = (await headers()).get('host') ?? '';
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host);
}
