// What a caller can do to the careless half, and what the careful half answers to the same. The left call works against
// the application; guard refuses it with `code`. `caller` is nobody where none is named.

import { form } from './call.mjs';
import { people } from './acme-people.mjs';

const { olivia, eddie, victor, gina } = people;

const careless = (name) => `app/careless/actions/${name}`;
const careful = (name) => `app/careful/actions/${name}`;
const SIGN_IN = /x-action-redirect: \/careful\/sign-in/;
const no = (text) => new RegExp(`"ok":false,"message":"${text}`);
const anyHash = /[0-9a-f]{32}:[0-9a-f]{64}/;

/** The row exists or has changed: how most attacks show that they worked. */
const row = (sql, ...args) => async (db) => Boolean(await db.row(sql, ...args));
const noRow = (sql, ...args) => async (db) => !(await db.row(sql, ...args));
const leaks = (pattern) => async (_db, { text }) => pattern.test(text);

/** Attacks that are one request. */
export const attacks = {
  'no session: delete any document': {
    careless: { action: careless('documents.ts#deleteDocument'), args: ['doc_budget'] },
    worked: noRow(`select 1 from documents where id = 'doc_budget'`),
    careful: { action: careful('documents.ts#deleteDocument'), args: ['doc_budget'] },
    answer: SIGN_IN,
    code: 'session.required',
  },
  'no session: rename any document': {
    careless: { action: careless('documents.ts#renameDocument'), args: ['doc_roadmap', 'Owned'] },
    worked: row(`select 1 from documents where title = 'Owned'`),
    careful: { action: careful('documents.ts#renameDocument'), args: ['doc_roadmap', 'Owned'] },
    answer: SIGN_IN,
    code: 'session.required',
  },
  'no session: create a document in another name': {
    careless: {
      action: careless('documents.ts#createDocument'),
      args: ['team_acme', form({ title: 'Fake', body: '', ownerId: olivia.id })],
    },
    worked: row(`select 1 from documents where title = 'Fake' and owner_id = 'usr_olivia'`),
    careful: {
      action: careful('documents.ts#createDocument'),
      args: [null, form({ title: 'Fake', body: '', ownerId: olivia.id })],
    },
    answer: no('Please sign in'),
    code: 'session.required',
  },
  'no session: export the documents of a team': {
    careless: { action: careless('documents.ts#exportDocuments'), args: ['team_acme'] },
    worked: leaks(/Confidential\./),
    careful: { action: careful('documents.ts#exportDocuments'), args: ['team_acme'] },
    answer: /^1:null$/m,
    code: 'session.required',
  },
  'no session: have a document mailed to oneself': {
    careless: {
      action: careless('documents.ts#shareDocument'),
      args: ['doc_salaries', form({ email: 'thief@else.test' })],
    },
    worked: row(`select 1 from outbox where recipient = 'thief@else.test' and body like '%Confidential.%'`),
    careful: {
      action: careful('documents.ts#shareDocument'),
      args: ['doc_salaries', null, form({ email: 'thief@else.test' })],
    },
    answer: SIGN_IN,
    code: 'session.required',
  },
  'no session: edit any comment': {
    careless: { action: careless('comments.ts#editComment'), args: ['com_1', form({ body: 'Rubbish.' })] },
    worked: row(`select 1 from comments where id = 'com_1' and body = 'Rubbish.'`),
    careful: { action: careful('comments.ts#editComment'), args: ['com_1', null, form({ body: 'Rubbish.' })] },
    answer: no('Please sign in'),
    code: 'session.required',
  },
  'a cookie that says who one is: delete any comment': {
    careless: { action: careless('comments.ts#deleteComment'), args: ['com_2'], cookies: forgedViewer() },
    worked: noRow(`select 1 from comments where id = 'com_2'`),
    careful: { action: careful('comments.ts#deleteComment'), args: ['com_2'], cookies: forgedViewer() },
    answer: SIGN_IN,
    code: 'session.required',
  },
  'no session: the members of a team with their password hashes': {
    careless: { action: careless('team.ts#listMembers'), args: ['team_acme'] },
    worked: leaks(anyHash),
    careful: { action: careful('team.ts#listMembers'), args: ['team_acme'] },
    answer: /^1:\[\]$/m,
    code: 'session.required',
  },
  'no session: rename a team': {
    careless: { action: careless('team.ts#renameTeam'), args: ['team_acme', form({ name: 'Owned' })] },
    worked: row(`select 1 from teams where name = 'Owned'`),
    careful: { action: careful('team.ts#renameTeam'), args: [null, form({ name: 'Owned' })] },
    answer: no('Please sign in'),
    code: 'session.required',
  },
  'no session: change the plan of a team, price included': {
    careless: { action: careless('billing.ts#changePlan'), args: ['team_acme', 'business', -1_000_000] },
    worked: row(`select 1 from teams where id = 'team_acme' and credit_cents > 1000000`),
    careful: { action: careful('billing.ts#changePlan'), args: [null, form({ plan: 'business', idempotencyKey: uuid(1) })] },
    answer: no('Please sign in'),
    code: 'session.required',
  },
  'no session: take over the address of an account': {
    careless: { action: careless('profile.ts#changeEmail'), args: [olivia.id, form({ email: 'thief@else.test' })] },
    worked: row(`select 1 from users where id = 'usr_olivia' and email = 'thief@else.test'`),
    careful: {
      action: careful('profile.ts#changeEmail'),
      args: [null, form({ email: 'thief@else.test', password: 'x' })],
    },
    answer: no('Please sign in'),
    code: 'session.required',
  },
  'no session: the same by a plain form': {
    careless: {
      transport: 'form',
      path: '/careless/profile',
      action: careless('profile.ts#changeEmail'),
      args: [olivia.id, form({ email: 'thief@else.test' })],
    },
    worked: row(`select 1 from users where id = 'usr_olivia' and email = 'thief@else.test'`),
    careful: {
      transport: 'form',
      path: '/careful/profile',
      action: careful('profile.ts#changeEmail'),
      args: [null, form({ email: 'thief@else.test', password: 'x' })],
    },
    answer: /location: \/careful\/sign-in/,
    code: 'session.required',
  },
  'no session, on a page that has nothing to do with it: delete any document': {
    careless: { path: '/careless/contact', action: careless('documents.ts#deleteDocument'), args: ['doc_budget'] },
    worked: noRow(`select 1 from documents where id = 'doc_budget'`),
    careful: { path: '/careful/contact', action: careful('documents.ts#deleteDocument'), args: ['doc_budget'] },
    answer: SIGN_IN,
    code: 'session.required',
  },

  'a helper that became an endpoint: the password hash of anybody': {
    careless: { action: 'lib/careless-helpers.ts#findUserByEmail', args: [olivia.email] },
    worked: leaks(anyHash),
    code: 'action.unknown',
  },
  'a helper that became an endpoint: set the password of anybody': {
    careless: { action: 'lib/careless-helpers.ts#setUserPassword', args: [olivia.id, 'thief-password'] },
    worked: async (db, _reply, before) =>
      (await db.row('select password_hash from users where id = ?', olivia.id)).password_hash !==
      before.users.find(({ id }) => id === olivia.id).password_hash,
    code: 'action.unknown',
  },
  'a helper that became an endpoint: credits for free': {
    careless: { action: 'lib/careless-helpers.ts#grantCredits', args: ['team_globex', 1_000_000] },
    worked: row(`select 1 from teams where id = 'team_globex' and credit_cents > 1000000`),
    code: 'action.unknown',
  },

  "another's id: overwrite a document": {
    careless: {
      caller: victor,
      action: careless('documents.ts#updateDocument'),
      args: ['doc_salaries', form({ body: 'Everything to Victor.' })],
    },
    worked: row(`select 1 from documents where body = 'Everything to Victor.'`),
    careful: {
      caller: victor,
      action: careful('documents.ts#updateDocument'),
      args: ['doc_salaries', null, form({ body: 'Everything to Victor.' })],
    },
    answer: no('This document is not yours'),
    code: 'not-found',
  },
  "another's id: archive a document of another team": {
    careless: { caller: gina, action: careless('documents.ts#archiveDocument'), args: ['doc_salaries'] },
    worked: row(`select 1 from documents where id = 'doc_salaries' and archived = 1`),
    careful: { caller: gina, action: careful('documents.ts#archiveDocument'), args: ['doc_salaries'] },
    answer: /^1:"\$undefined"$/m,
    code: 'not-found',
  },
  "another's id: create a document in another team": {
    careless: {
      caller: gina,
      action: careless('documents.ts#createDocument'),
      args: ['team_acme', form({ title: 'Spam', body: '' })],
    },
    worked: row(`select 1 from documents where title = 'Spam' and team_id = 'team_acme'`),
    code: 'not-found',
  },
  "another's id: the profile of a colleague": {
    careless: { caller: victor, action: careless('profile.ts#getProfile'), args: [olivia.id] },
    worked: leaks(anyHash),
    code: 'not-found',
  },
  "another's id: refund a charge of another team": {
    careless: {
      caller: gina,
      action: careless('billing.ts#refundCharge'),
      args: ['chg_acme_2', form({ amountCents: '1500' })],
    },
    worked: row(`select 1 from charges where id = 'chg_acme_2' and refunded_at is not null`),
    careful: { caller: gina, action: careful('billing.ts#refundCharge'), args: ['chg_acme_2', null] },
    answer: no('This charge cannot be refunded'),
    code: 'not-found',
  },
  "another's team in the form: pay with its credits": {
    careless: {
      caller: gina,
      action: careless('billing.ts#transferCredits'),
      args: [null, form({ fromTeamId: 'team_acme', toTeamId: 'team_globex', amountCents: '50000' })],
    },
    worked: row(`select 1 from teams where id = 'team_globex' and credit_cents = 60000`),
    careful: {
      caller: gina,
      action: careful('billing.ts#transferCredits'),
      args: [
        null,
        form({ fromTeamId: 'team_acme', toTeamId: 'team_acme', amountCents: '50000', idempotencyKey: uuid(2) }),
      ],
    },
    answer: no('Not enough credits'),
    code: 'not-found',
  },

  '`userId` in the payload: a copy in the name of somebody else': {
    careless: {
      caller: gina,
      action: careless('documents.ts#duplicateDocument'),
      args: [{ id: 'doc_salaries', userId: gina.id }],
    },
    worked: leaks(/Confidential\./),
    careful: { caller: gina, action: careful('documents.ts#duplicateDocument'), args: ['doc_salaries'] },
    answer: /^1:"\$undefined"$/m,
    code: 'not-found',
  },
  '`userId` in the form: change the password of the owner': {
    careless: {
      caller: victor,
      action: careless('profile.ts#changePassword'),
      args: [null, form({ userId: olivia.id, password: 'thief-password' })],
    },
    worked: leaks(/Password changed/),
    careful: {
      caller: victor,
      action: careful('profile.ts#changePassword'),
      args: [null, form({ userId: olivia.id, current: 'thief-password', password: 'thief-password' })],
    },
    answer: no('The password is wrong'),
    code: 'not-found',
  },
  '`authorId` in the form: comment in the name of the owner': {
    careless: {
      caller: victor,
      action: careless('comments.ts#addComment'),
      args: [null, form({ documentId: 'doc_roadmap', authorId: olivia.id, body: 'I resign.' })],
    },
    worked: row(`select 1 from comments where author_id = 'usr_olivia' and body = 'I resign.'`),
    code: 'not-found',
  },

  'role in the form: make oneself the owner': {
    careless: {
      caller: victor,
      action: careless('team.ts#changeRole'),
      args: [null, form({ teamId: 'team_acme', userId: victor.id, role: 'owner' })],
    },
    worked: row(`select 1 from memberships where user_id = 'usr_victor' and role = 'owner'`),
    careful: {
      caller: victor,
      action: careful('team.ts#changeRole'),
      args: [null, form({ userId: victor.id, role: 'owner' })],
    },
    answer: no('Your role does not allow this'),
    code: 'forbidden',
  },
  'too low a role: remove the owner': {
    careless: { caller: victor, action: careless('team.ts#removeMember'), args: ['team_acme', olivia.id] },
    worked: noRow(`select 1 from memberships where user_id = 'usr_olivia'`),
    careful: { caller: victor, action: careful('team.ts#removeMember'), args: [olivia.id] },
    answer: /^1:"\$undefined"$/m,
    code: 'forbidden',
  },
  'too low a role: invite an owner': {
    careless: {
      caller: victor,
      action: careless('team.ts#inviteMember'),
      args: [null, form({ teamId: 'team_acme', email: 'thief@else.test', role: 'owner' })],
    },
    worked: row(`select 1 from invites where role = 'owner'`),
    careful: {
      caller: victor,
      action: careful('team.ts#inviteMember'),
      args: [null, form({ email: 'thief@else.test', role: 'owner' })],
    },
    answer: no('Your role does not allow this'),
    code: 'forbidden',
  },

  'one column too many: make oneself staff': {
    careless: {
      caller: victor,
      action: careless('profile.ts#updateProfile'),
      args: [{ name: 'Victor', bio: '', isStaff: true }],
    },
    worked: row(`select 1 from users where id = 'usr_victor' and is_staff = 1`),
    code: 'schema.invalid',
  },
  'one column too many: sign up with another id': {
    careless: {
      action: careless('auth.ts#signUp'),
      args: [
        null,
        form({ id: 'usr_chosen', name: 'T', teamName: 'T', email: 'thief@else.test', password: 'thief-password' }),
      ],
    },
    worked: row(`select 1 from users where id = 'usr_chosen'`),
    code: 'schema.invalid',
  },
  'a negative amount: take credits from another team': {
    careless: {
      caller: gina,
      action: careless('billing.ts#transferCredits'),
      args: [null, form({ fromTeamId: 'team_globex', toTeamId: 'team_acme', amountCents: '-50000' })],
    },
    worked: row(`select 1 from teams where id = 'team_globex' and credit_cents = 60000`),
    careful: {
      caller: gina,
      action: careful('billing.ts#transferCredits'),
      args: [null, form({ toTeamId: 'team_acme', amountCents: '-50000', idempotencyKey: uuid(3) })],
    },
    answer: no('Please check the form'),
    code: 'schema.invalid',
  },
  'SQL in a search': {
    careless: {
      caller: victor,
      action: careless('documents.ts#searchDocuments'),
      args: [`' union select id, email, password_hash, name, bio, 0, 0 from users --`],
    },
    worked: leaks(anyHash),
    careful: {
      caller: victor,
      action: careful('documents.ts#searchDocuments'),
      args: [`' union select id, email, password_hash, name, bio, 0, 0 from users --`],
    },
    answer: /^1:\[\]$/m,
    code: 'schema.invalid',
  },
  'a redirect to another site after sign-in': {
    careless: {
      path: '/careless/sign-in',
      action: careless('auth.ts#signIn'),
      args: [null, form({ ...credentials(olivia), next: 'https://thief.test/' })],
    },
    worked: async (_db, { headers }) => headers['x-action-redirect']?.startsWith('https://thief.test/'),
    careful: {
      path: '/careful/sign-in',
      action: careful('auth.ts#signIn'),
      args: [null, form({ ...credentials(olivia), next: 'https://thief.test/' })],
    },
    answer: /x-action-redirect: \/careful\/documents/,
    code: 'schema.invalid',
  },
  'a document of 900 KB': {
    careless: {
      caller: eddie,
      action: careless('documents.ts#updateDocument'),
      args: ['doc_launch', form({ body: 'x'.repeat(900_000) })],
    },
    worked: row(`select 1 from documents where length(body) = 900000`),
    careful: {
      caller: eddie,
      action: careful('documents.ts#updateDocument'),
      args: ['doc_launch', null, form({ body: 'x'.repeat(900_000) })],
    },
    answer: no('Please check the form'),
    code: 'schema.invalid',
  },
  'a form from nowhere: no Origin': {
    careless: {
      caller: eddie,
      transport: 'form',
      path: '/careless/documents/doc_launch',
      action: careless('documents.ts#deleteDocument'),
      args: ['doc_launch', form()],
      headers: { origin: null, 'sec-fetch-site': null },
    },
    worked: noRow(`select 1 from documents where id = 'doc_launch'`),
    code: 'origin.foreign',
  },
  'an error that tells of the database': {
    careless: {
      caller: victor,
      action: careless('comments.ts#addComment'),
      args: [null, form({ documentId: "doc'none", authorId: victor.id, body: 'Hm.' })],
    },
    worked: leaks(/insert into .*comments/i),
    careful: {
      caller: victor,
      action: careful('comments.ts#addComment'),
      args: [null, form({ documentId: "doc'none", body: 'Hm.' })],
    },
    answer: no('There is no such document'),
    code: 'schema.invalid',
  },
};

function credentials({ email, password }) {
  return { email, password };
}

function forgedViewer() {
  return { acme_viewer: encodeURIComponent(JSON.stringify({ id: 'usr_none', name: 'Nobody', role: 'owner' })) };
}

function uuid(number) {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}
