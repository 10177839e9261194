// What people do in the example, step by step. Each flow takes a signed-out window and one half; `window.javaScript`
// says whether the page's scripts run. The few controls that are buttons without a form exist with scripts only.

import { strict as assert } from 'node:assert';
import { arrive, fill, gone, people, shows, signIn } from './acme-people.mjs';

const { olivia, eddie, victor, gina } = people;

/** The newest mail to an address; what it links to, and the code in it. */
export async function mailTo(db, recipient) {
  const mail = await db.row('select * from outbox where recipient = ? order by created_at desc limit 1', recipient);
  assert.ok(mail, `no mail to ${recipient}`);
  return { ...mail, path: /https?:\/\/[^/]+(\/\S+)/.exec(mail.body)?.[1], code: /\b\d{6}\b/.exec(mail.body)?.[0] };
}

const answer = (careless, careful) => ({ careless, careful });

export const flows = {
  async 'sign in, wrong password, sign out'(window, half) {
    const { page } = window;
    await page.goto('/');
    await page.getByTestId(`open-${half}`).click();
    await page.waitForURL(`**/${half}/sign-in?next=*`);
    await fill(page, 'sign-in', { email: olivia.email, password: 'not-the-password' });
    await shows(page, 'sign-in-status', answer('Wrong password.', 'E-mail or password is wrong.')[half]);
    await gone(page, 'current-user');
    await fill(page, 'sign-in', { email: olivia.email, password: olivia.password });
    await page.waitForURL(`**/${half}/documents`);
    await shows(page, 'current-user', olivia.email);
    await page.getByTestId('sign-out-submit').click();
    await page.waitForURL(`**/${half}/sign-in`);
    await page.goto(`/${half}/billing`);
    await page.waitForURL(`**/${half}/sign-in?next=*`);
  },

  async 'sign up, confirm the address'(window, half, { db }) {
    const { page } = window;
    const email = `nina-${half}@new.test`;
    await page.goto(`/${half}/sign-up`);
    await fill(page, 'sign-up', { name: 'Nina New', teamName: 'Newcomers', email, password: 'nina-password-1' });
    await page.waitForURL(answer('**/careless/documents', '**/careful/confirm')[half]);
    await shows(page, 'current-user', email);
    await page.goto(`/${half}/confirm`);
    await shows(page, 'confirmed', 'not confirmed');
    await fill(page, 'send-code');
    await shows(page, 'send-code-status', 'We have sent you a code.');
    const { code } = await mailTo(db, email);
    await fill(page, 'confirm-code', { code: code === '000000' ? '000001' : '000000' });
    await shows(page, 'confirm-code-status', 'This code is not right');
    await fill(page, 'confirm-code', { code });
    await shows(page, 'confirm-code-status', 'Your address is confirmed.');
    await shows(page, 'confirmed', /^confirmed$/);
  },

  async 'forgotten password'(window, half, { db }) {
    const { page } = window;
    await page.goto(`/${half}/reset`);
    await fill(page, 'request-reset', { email: gina.email });
    await shows(page, 'request-reset-status', answer('We have sent you a link.', 'a link is on its way')[half]);
    await until(async () => db.row('select 1 from outbox where recipient = ? and subject like ?', gina.email, 'Reset%'));
    const { path } = await mailTo(db, gina.email);
    await page.goto(path);
    await fill(page, 'reset-password', { password: 'gina-password-2' });
    await shows(page, 'reset-password-status', 'Your password has been changed.');
    await signIn(window, half, { ...gina, password: 'gina-password-2' });
  },

  async 'documents: create, change, rename, share, archive, delete'(window, half, { db, javaScript }) {
    const { page } = window;
    await arrive(window, half, eddie, 'documents', db);
    await fill(page, 'create-document', { title: 'Draft', body: 'First words: «ä€😀» & <b>' });
    await page.getByRole('link', { name: 'Draft', exact: true }).waitFor();
    const { id } = await db.row(`select id from documents where title = 'Draft'`);
    await page.getByRole('link', { name: 'Draft', exact: true }).click();
    await page.waitForURL(`**/${half}/documents/${id}`);
    await shows(page, 'document-body', 'First words: «ä€😀» & <b>');

    await fill(page, 'update-document', { body: 'Second words.\nAnother line.' });
    await shows(page, 'document-body', 'Second words.');
    if (javaScript) {
      await fill(page, 'rename-document', { title: 'Better draft' });
      await shows(page, 'document-title', 'Better draft');
      await page.getByTestId('rename-document-status').waitFor();
    }
    await fill(page, 'share-document', { email: olivia.email });
    await until(async () => db.row('select 1 from outbox where recipient = ?', olivia.email));
    if (half === 'careful') await shows(page, 'share-document-status', 'Your colleague has been told.');

    await page.getByTestId('archive-document-submit').click();
    await until(async () => db.row('select 1 from documents where id = ? and archived = 1', id));
    await page.getByTestId('nav-documents').click();
    await shows(page, `document-${id}`, 'archived');
    await page.goto(`/${half}/documents/${id}`);
    await page.getByTestId('delete-document-submit').click();
    await page.waitForURL(`**/${half}/documents`);
    await gone(page, `document-${id}`);
  },

  async 'documents: search, export, duplicate'(window, half, { db, javaScript }) {
    const { page } = window;
    await arrive(window, half, olivia, 'documents', db);
    if (javaScript) {
      await fill(page, 'search', { query: 'road' });
      await page.getByTestId('search-results').getByRole('link', { name: 'Roadmap' }).waitFor();
      await fill(page, 'search', { query: 'zzz' });
      await shows(page, 'search-results', 'Nothing found.');
      await page.getByTestId('export-submit').click();
      await shows(page, 'export-result', 'Ship the anvil.');
    }
    if (half === 'careless' && !javaScript) return;
    await page.goto(`/${half}/documents/doc_roadmap`);
    await page.getByTestId(half === 'careless' ? 'duplicate-document' : 'duplicate-document-submit').click();
    await until(async () => db.row(`select 1 from documents where title = 'Copy of Roadmap'`));
    await page.goto(`/${half}/documents`);
    await page.getByRole('link', { name: 'Copy of Roadmap' }).waitFor();
  },

  async 'comments: add, edit, delete'(window, half, { db }) {
    const { page } = window;
    await arrive(window, half, eddie, 'documents/doc_roadmap', db);
    await shows(page, 'comment-com_1', 'Looks good to me.');
    await fill(page, 'add-comment', { body: 'One more thing.' });
    await shows(page, 'add-comment-status', 'Comment added.');
    const { id } = await db.row(`select id from comments where body = 'One more thing.'`);
    await shows(page, `comment-${id}`, 'Eddie Editor: One more thing.');
    await fill(page, `edit-comment-${id}`, { body: 'Two more things.' });
    await shows(page, `comment-${id}`, 'Eddie Editor: Two more things.');
    await page.getByTestId(`delete-comment-${id}-submit`).click();
    await gone(page, `comment-${id}`);
  },

  async 'team: change a role, rename, remove'(window, half, { db }) {
    const { page } = window;
    await arrive(window, half, olivia, 'team', db);
    await fill(page, 'change-role-usr_victor', { role: 'editor' });
    await shows(page, 'change-role-usr_victor-status', 'Role changed.');
    await shows(page, 'member-usr_victor-role', 'editor');
    await fill(page, 'rename-team', { name: 'Acme & Sons' });
    await shows(page, 'team-name', 'Acme & Sons');
    await page.getByTestId('remove-member-usr_victor-submit').click();
    await gone(page, 'member-usr_victor');
  },

  async 'team: invite and join'(window, half, { db }) {
    const { page, context } = window;
    await arrive(window, half, olivia, 'team', db);
    await fill(page, 'invite-member', { email: gina.email, role: 'editor' });
    await shows(page, 'invite-member-status', answer(`Invited ${gina.email}.`, 'The invitation has been sent.')[half]);
    const { path } = await mailTo(db, gina.email);
    await context.clearCookies();
    await arrive(window, half, gina, path.slice(half.length + 2), db);
    await page.getByTestId('accept-invite-submit').click();
    await until(async () =>
      db.row(`select 1 from memberships where team_id = 'team_acme' and user_id = ? and role = 'editor'`, gina.id),
    );
    await page.goto(`/${half}/team`);
    await shows(page, 'member-usr_gina-role', 'editor');
  },

  async 'billing: plan, refund, invoices, credits'(window, half, { db, log }) {
    const { page } = window;
    await arrive(window, half, olivia, 'billing', db);
    await shows(page, 'credits', '$500.00');
    if (half === 'careless') await page.getByTestId('change-plan-business-submit').click();
    else await fill(page, 'change-plan', { plan: 'business' });
    await shows(page, 'plan', 'business');
    await shows(page, 'credits', '$401.00');
    await page.getByTestId('refund-chg_acme_2-submit').click();
    await shows(page, 'charge-chg_acme_2', 'refunded');
    await shows(page, 'credits', '$416.00');
    await fill(page, 'transfer', { toTeamId: 'team_globex', amountCents: '1600' });
    await shows(page, 'transfer-status', 'Credits sent.');
    await shows(page, 'credits', '$400.00');
    await shows(page, 'transfers', '$16.00 sent');
    const { credit_cents: received } = await db.row(`select credit_cents from teams where id = 'team_globex'`);
    assert.equal(received, 11_600);
    await page.getByTestId('sync-invoices-submit').click();
    await until(async () => log().includes('invoices synced for team_acme'));
  },

  async 'profile: name, address, password'(window, half, { db, javaScript }) {
    const { page, context } = window;
    await arrive(window, half, victor, 'profile', db);
    if (javaScript) {
      await fill(page, 'profile', { name: 'Victor V.', bio: 'Reads.' });
      await shows(page, 'profile-status', 'Profile saved.');
      assert.equal((await db.row('select name from users where id = ?', victor.id)).name, 'Victor V.');
    }
    const email = 'victor@elsewhere.test';
    await fill(page, 'change-email', { email, ...(half === 'careful' && { password: victor.password }) });
    if (half === 'careful') {
      await shows(page, 'change-email-status', 'We have sent a code to the new address.');
      const { code } = await mailTo(db, email);
      await page.goto('/careful/confirm');
      await fill(page, 'confirm-code', { code });
      await shows(page, 'confirm-code-status', 'Your address is confirmed.');
      await page.goto('/careful/profile');
    }
    await shows(page, 'current-user', email);
    const password = 'victor-password-2';
    await fill(page, 'change-password', { password, ...(half === 'careful' && { current: victor.password }) });
    await shows(page, 'change-password-status', 'Password changed.');
    await context.clearCookies();
    await signIn(window, half, { email, password });
  },

  async 'contact'(window, half, { db }) {
    const { page } = window;
    await page.goto(`/${half}/contact`);
    await fill(page, 'contact', { email: 'stranger@else.test', message: 'Hello, is this on?' });
    await shows(page, 'contact-status', 'Thank you, we will be in touch.');
    assert.ok(await db.row(`select 1 from contact_messages where message = 'Hello, is this on?'`));
  },

  async 'every page of the navigation'(window, half, { db }) {
    const { page } = window;
    await arrive(window, half, olivia, 'documents', db);
    for (const name of ['team', 'billing', 'profile', 'confirm', 'contact', 'documents']) {
      await page.getByTestId(`nav-${name}`).click();
      await page.waitForURL(`**/${half}/${name}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
    }
    await page.goBack();
    await page.waitForURL(`**/${half}/contact`);
    await page.reload();
    await page.getByRole('heading', { name: 'Contact us' }).waitFor();
    await page.getByTestId('home').click();
    await page.getByTestId('accounts').waitFor();
  },
};

async function until(probe) {
  for (let round = 0; round < 200; round += 1) {
    if (await probe()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`did not come true: ${probe}`);
}
