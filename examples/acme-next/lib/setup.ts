import 'server-only';
import { count } from 'drizzle-orm';
import { db } from './db';
import { hashPassword } from './passwords';
import { charges, comments, documents, memberships, teams, users } from './schema';

const tables = `
create table if not exists teams (id text primary key, name text not null, plan text not null default 'free',
  credit_cents integer not null default 0, created_at integer not null);
create table if not exists users (id text primary key, email text not null unique, name text not null,
  bio text not null default '', password_hash text not null, is_staff integer not null default 0,
  email_verified_at integer, created_at integer not null);
create table if not exists memberships (team_id text not null references teams(id),
  user_id text not null references users(id), role text not null, created_at integer not null,
  primary key (team_id, user_id));
create table if not exists sessions (id text primary key, user_id text not null references users(id),
  expires_at integer not null);
create table if not exists documents (id text primary key, team_id text not null references teams(id),
  owner_id text not null references users(id), title text not null, body text not null default '',
  archived integer not null default 0, created_at integer not null);
create table if not exists comments (id text primary key, document_id text not null references documents(id),
  author_id text not null references users(id), body text not null, created_at integer not null);
create table if not exists invites (token_hash text primary key, team_id text not null references teams(id),
  email text not null, role text not null, expires_at integer not null);
create table if not exists otps (id text primary key, user_id text not null references users(id), email text not null,
  code_hash text not null, attempts integer not null default 0, expires_at integer not null, used_at integer,
  created_at integer not null);
create table if not exists password_resets (token_hash text primary key, user_id text not null references users(id),
  expires_at integer not null);
create table if not exists charges (id text primary key, team_id text not null references teams(id),
  kind text not null, description text not null, amount_cents integer not null, refunded_at integer, created_at integer not null);
create table if not exists transfers (id text primary key, from_team_id text not null references teams(id),
  to_team_id text not null references teams(id), amount_cents integer not null, created_at integer not null);
create table if not exists idempotency_keys (scope text not null, user_id text not null references users(id),
  key text not null, created_at integer not null);
create unique index if not exists idempotency_once on idempotency_keys (scope, user_id, key);
create table if not exists rate_limits (key text primary key, count integer not null, reset_at integer not null);
create table if not exists outbox (id text primary key, recipient text not null, subject text not null,
  body text not null, created_at integer not null);
create table if not exists contact_messages (id text primary key, email text not null, message text not null,
  created_at integer not null);
`;

/** Creates what is missing; adds the seed data to an empty database. Returns whether it seeded. */
export async function setupDatabase(): Promise<boolean> {
  await db.$client.execute('pragma journal_mode = wal');
  await db.$client.executeMultiple(tables);
  const [{ total }] = await db.select({ total: count() }).from(users);
  if (total > 0) return false;
  await seed();
  return true;
}

const people = [
  { id: 'usr_olivia', name: 'Olivia Owner', email: 'olivia@acme.test', password: 'olivia-password-1', isStaff: true },
  { id: 'usr_eddie', name: 'Eddie Editor', email: 'eddie@acme.test', password: 'eddie-password-1' },
  { id: 'usr_victor', name: 'Victor Viewer', email: 'victor@acme.test', password: 'victor-password-1' },
  { id: 'usr_gina', name: 'Gina Globex', email: 'gina@globex.test', password: 'gina-password-1' },
];

async function seed() {
  const hashed = await Promise.all(
    people.map(async ({ password, ...person }) => ({ ...person, passwordHash: await hashPassword(password) })),
  );
  await db.transaction(async (tx) => {
    await tx.insert(teams).values([
      { id: 'team_acme', name: 'Acme', plan: 'team', creditCents: 50_000 },
      { id: 'team_globex', name: 'Globex', plan: 'free', creditCents: 10_000 },
    ]);
    await tx.insert(users).values(hashed);
    await tx.insert(memberships).values([
      { teamId: 'team_acme', userId: 'usr_olivia', role: 'owner' },
      { teamId: 'team_acme', userId: 'usr_eddie', role: 'editor' },
      { teamId: 'team_acme', userId: 'usr_victor', role: 'viewer' },
      { teamId: 'team_globex', userId: 'usr_gina', role: 'owner' },
    ]);
    await tx.insert(documents).values([
      { id: 'doc_roadmap', teamId: 'team_acme', ownerId: 'usr_olivia', title: 'Roadmap', body: 'Ship the anvil.' },
      { id: 'doc_salaries', teamId: 'team_acme', ownerId: 'usr_olivia', title: 'Salaries', body: 'Confidential.' },
      { id: 'doc_launch', teamId: 'team_acme', ownerId: 'usr_eddie', title: 'Launch plan', body: 'Step one: boots.' },
      { id: 'doc_hiring', teamId: 'team_globex', ownerId: 'usr_gina', title: 'Hiring', body: 'Two engineers.' },
      { id: 'doc_budget', teamId: 'team_globex', ownerId: 'usr_gina', title: 'Budget', body: 'Do not overspend.' },
    ]);
    await tx.insert(comments).values([
      { id: 'com_1', documentId: 'doc_roadmap', authorId: 'usr_eddie', body: 'Looks good to me.' },
      { id: 'com_2', documentId: 'doc_launch', authorId: 'usr_olivia', body: 'Can we do this sooner?' },
    ]);
    await tx.insert(charges).values([
      { id: 'chg_acme_1', teamId: 'team_acme', kind: 'plan', description: 'Team plan', amountCents: 2900 },
      { id: 'chg_acme_2', teamId: 'team_acme', kind: 'addon', description: 'Extra seats', amountCents: 1500 },
      { id: 'chg_globex_1', teamId: 'team_globex', kind: 'addon', description: 'Extra seats', amountCents: 1500 },
    ]);
  });
}
