import { integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { roles } from './roles';

const id = () =>
  text('id')
    .primaryKey()
    .$defaultFn(() => crypto.randomUUID());
const createdAt = () =>
  integer('created_at', { mode: 'timestamp_ms' })
    .notNull()
    .$defaultFn(() => new Date());
const moment = (name: string) => integer(name, { mode: 'timestamp_ms' });

export const teams = sqliteTable('teams', {
  id: id(),
  name: text('name').notNull(),
  plan: text('plan').notNull().default('free'),
  creditCents: integer('credit_cents').notNull().default(0),
  createdAt: createdAt(),
});

export const users = sqliteTable('users', {
  id: id(),
  email: text('email').notNull().unique(),
  name: text('name').notNull(),
  bio: text('bio').notNull().default(''),
  passwordHash: text('password_hash').notNull(),
  isStaff: integer('is_staff', { mode: 'boolean' }).notNull().default(false),
  emailVerifiedAt: moment('email_verified_at'),
  createdAt: createdAt(),
});

export const memberships = sqliteTable(
  'memberships',
  {
    teamId: text('team_id')
      .notNull()
      .references(() => teams.id),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    role: text('role', { enum: roles }).notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.teamId, table.userId] })],
);

/** `id` is the SHA-256 of the token in the cookie, so the table alone opens no session. */
export const sessions = sqliteTable('sessions', {
  id: text('id').primaryKey(),
  userId: text('user_id')
    .notNull()
    .references(() => users.id),
  expiresAt: moment('expires_at').notNull(),
});

export const documents = sqliteTable('documents', {
  id: id(),
  teamId: text('team_id')
    .notNull()
    .references(() => teams.id),
  ownerId: text('owner_id')
    .notNull()
    .references(() => users.id),
  title: text('title').notNull(),
  body: text('body').notNull().default(''),
  archived: integer('archived', { mode: 'boolean' }).notNull().default(false),
  createdAt: createdAt(),
});

export const comments = sqliteTable('comments', {
  id: id(),
  documentId: text('document_id')
    .notNull()
    .references(() => documents.id),
  authorId: text('author_id')
    .notNull()
    .references(() => users.id),
  body: text('body').notNull(),
  createdAt: createdAt(),
});

export const invites = sqliteTable('invites', {
  tokenHash: text('token_hash').primaryKey(),
  teamId: text('team_id')
    .notNull()
    .references(() => teams.id),
  email: text('email').notNull(),
  role: text('role', { enum: roles }).notNull(),
  expiresAt: moment('expires_at').notNull(),
});

export const otps = sqliteTable('otps', {
  id: id(),
  userId: text('user_id')
    .notNull()
    .references(() => users.id),
  email: text('email').notNull(),
  codeHash: text('code_hash').notNull(),
  attempts: integer('attempts').notNull().default(0),
  expiresAt: moment('expires_at').notNull(),
  usedAt: moment('used_at'),
  createdAt: createdAt(),
});

export const passwordResets = sqliteTable('password_resets', {
  tokenHash: text('token_hash').primaryKey(),
  userId: text('user_id')
    .notNull()
    .references(() => users.id),
  expiresAt: moment('expires_at').notNull(),
});

export const charges = sqliteTable('charges', {
  id: id(),
  teamId: text('team_id')
    .notNull()
    .references(() => teams.id),
  kind: text('kind', { enum: ['plan', 'addon'] }).notNull(),
  description: text('description').notNull(),
  amountCents: integer('amount_cents').notNull(),
  refundedAt: moment('refunded_at'),
  createdAt: createdAt(),
});

export const transfers = sqliteTable('transfers', {
  id: id(),
  fromTeamId: text('from_team_id')
    .notNull()
    .references(() => teams.id),
  toTeamId: text('to_team_id')
    .notNull()
    .references(() => teams.id),
  amountCents: integer('amount_cents').notNull(),
  createdAt: createdAt(),
});

export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    scope: text('scope').notNull(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    key: text('key').notNull(),
    createdAt: createdAt(),
  },
  (table) => [uniqueIndex('idempotency_once').on(table.scope, table.userId, table.key)],
);

export const rateLimits = sqliteTable('rate_limits', {
  key: text('key').primaryKey(),
  count: integer('count').notNull(),
  resetAt: integer('reset_at').notNull(),
});

export const outbox = sqliteTable('outbox', {
  id: id(),
  recipient: text('recipient').notNull(),
  subject: text('subject').notNull(),
  body: text('body').notNull(),
  createdAt: createdAt(),
});

export const contactMessages = sqliteTable('contact_messages', {
  id: id(),
  email: text('email').notNull(),
  message: text('message').notNull(),
  createdAt: createdAt(),
});
