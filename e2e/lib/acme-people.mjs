// The accounts that the example seeds, how they come in, and how a page is read.

import { createHash, randomBytes } from 'node:crypto';

const HOUR = 3_600_000;

export const people = {
  olivia: { id: 'usr_olivia', name: 'Olivia Owner', role: 'owner', email: 'olivia@acme.test', password: 'olivia-password-1' },
  eddie: { id: 'usr_eddie', name: 'Eddie Editor', role: 'editor', email: 'eddie@acme.test', password: 'eddie-password-1' },
  victor: { id: 'usr_victor', name: 'Victor Viewer', role: 'viewer', email: 'victor@acme.test', password: 'victor-password-1' },
  gina: { id: 'usr_gina', name: 'Gina Globex', role: 'owner', email: 'gina@globex.test', password: 'gina-password-1' },
};

/** A session in the database, as the application's sign-in makes one; gives the cookies of the browser that has it. */
export async function session(db, { id, name, role }) {
  const token = randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(token).digest('hex');
  await db.rows('insert into sessions (id, user_id, expires_at) values (?, ?, ?)', hash, id, Date.now() + HOUR);
  return { acme_session: token, acme_viewer: encodeURIComponent(JSON.stringify({ id, name, role })) };
}

/** Opens `path` with a session from the database: a hundred times faster than checking a password. */
export async function arrive(window, half, person, path, db) {
  const { page, context, origin } = window;
  const cookies = Object.entries(await session(db, person)).map(([name, value]) => ({ name, value, url: origin }));
  await context.addCookies(cookies);
  await page.goto(`/${half}/${path}`);
  await shows(page, 'current-user', person.email);
}

/** Signs in through the page, and ends on `path` of that half. */
export async function signIn({ page }, half, { email, password }, path = 'documents') {
  await page.goto(`/${half}/${path}`);
  await page.waitForURL(`**/${half}/sign-in?next=*`);
  await fill(page, 'sign-in', { email, password });
  await page.waitForURL(`**/${half}/${path}`);
  await shows(page, 'current-user', email);
}

/** Fills the fields of a form and sends it. */
export async function fill(page, form, fields = {}) {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.getByTestId(`${form}-${name}`);
    if (await field.evaluate((element) => element.tagName === 'SELECT')) await field.selectOption(value);
    else await field.fill(value);
  }
  await page.getByTestId(`${form}-submit`).click();
}

/** Waits until the element of that test id shows the text. */
export async function shows(page, testId, text) {
  await page.getByTestId(testId).filter({ hasText: text }).first().waitFor();
}

/** Waits until there is no element of that test id. */
export async function gone(page, testId) {
  await page.getByTestId(testId).waitFor({ state: 'detached' });
}
