// The page for operators in the browser: the token, what is decided while one looks, the actions and what protects them,
// and what callers write shown as text.

import { strict as assert } from 'node:assert';
import { after, before, describe, test } from 'node:test';
import { inBrowser, launch } from '../lib/browser.mjs';
import { call, send } from '../lib/call.mjs';
import { fixture, majors } from '../lib/next-app.mjs';
import { openFixture, routes } from '../lib/site.mjs';

describe('the page for operators', { timeout: 200_000, skip: !routes.includes('guard') }, () => {
  let browser, site;
  before(async () => {
    site = await openFixture('guard', fixture(majors.at(-1)), { admin: true });
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  const enter = async (page, token = site.guard.admin.token) => {
    await page.goto('/');
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Show' }).click();
  };
  /** The cells of the rows of a table, by its heading. */
  const rows = async (page, heading) => {
    const section = page.getByRole('region', { name: heading });
    const found = await section.locator('tbody tr').all();
    return Promise.all(found.map((row) => row.getByRole('cell').allTextContents()));
  };

  test('nothing without the token, and nothing with a wrong one', () =>
    inBrowser(browser, site.guard.admin.origin, {}, async ({ page, expectTrouble }) => {
      expectTrouble(/^401: GET \/status$/, /^error: Failed to load resource.*401/);
      await page.goto('/');
      await page.getByText('Give the token of operators.').waitFor();
      assert.equal(await page.locator('main').isVisible(), false);
      await enter(page, 'w'.repeat(40));
      await page.getByText('This token is not accepted.').waitFor();
      assert.equal(await page.locator('main').isVisible(), false);
      assert.equal(await page.locator('tbody tr').count(), 0);
      // Whoever typed it wrongly types it again.
      await page.getByLabel('Token').fill(site.guard.admin.token);
      await page.getByRole('button', { name: 'Show' }).click();
      await page.getByRole('heading', { name: 'Latest decisions' }).waitFor();
    }));

  test('the token stays in the page: not in its address, its stores or its fields', () =>
    inBrowser(browser, site.guard.admin.origin, {}, async ({ page, context }) => {
      await enter(page);
      await page.getByRole('heading', { name: 'Top refusals' }).waitFor();
      assert.equal(new URL(page.url()).search + new URL(page.url()).hash, '');
      assert.deepEqual(await context.cookies(), []);
      const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
      assert.equal(kept, '[{},{},""]');
      assert.equal(await page.locator('#token').inputValue(), '');
      assert.ok(!(await page.content()).includes(site.guard.admin.token));
      // Loaded again, it asks again.
      await page.reload();
      await page.getByText('Give the token of operators.').waitFor();
    }));

  test('the actions and what protects them', () =>
    inBrowser(browser, site.guard.admin.origin, {}, async ({ page }) => {
      await enter(page);
      await page.getByRole('heading', { name: 'Actions and their protections' }).waitFor();
      const actions = new Map((await rows(page, 'Actions and their protections')).map(([name, ...cells]) => [name, cells]));
      assert.equal(actions.get('app/actions.js#guarded')[0], 'authenticated');
      assert.equal(actions.get('app/actions.js#echo')[0], 'public');
      assert.equal(actions.get('app/actions.js#echo')[2], '100000/60s');
      // Only what 14 builds has this name.
      const note = page.getByText('app/forms/page.js#$$ACTION_0: the build has no such action');
      assert.equal(await note.count(), majors.at(-1) === 14 ? 0 : 1);
    }));

  test('decisions, while one looks', () =>
    inBrowser(browser, site.guard.admin.origin, {}, async ({ page }) => {
      await enter(page);
      await page.getByRole('heading', { name: 'Latest decisions' }).waitFor();
      await call(site, { action: 'app/actions.js#echo', args: ['seen'], path: '/fetch' });
      for (let turn = 0; turn < 3; turn++) await call(site, { action: 'app/actions.js#guarded', path: '/fetch' });
      await call(site, { action: 'app/actions.js#echo', path: '/fetch', headers: { origin: 'https://evil.example' } });
      await send(site.origin, { path: '/a/%2e%2e/b' });

      const latest = page.getByRole('region', { name: 'Latest decisions' });
      await latest.getByRole('cell', { name: 'origin.foreign', exact: true }).first().waitFor();
      await latest.getByRole('cell', { name: 'edge', exact: true }).first().waitFor();
      const decisions = await rows(page, 'Latest decisions');
      const of = (code) => decisions.filter((cells) => cells[3] === code);
      assert.equal(of('session.required').length, 3, JSON.stringify(decisions));
      assert.deepEqual(of('session.required')[0].slice(1), ['denied', 'session', 'session.required', 'app/actions.js#guarded']);
      assert.ok(decisions.some(([, decision, , , what]) => decision === 'allowed' && what === 'app/actions.js#echo'));
      const times = decisions.map(([at]) => at);
      assert.deepEqual(times, [...times].sort().reverse());

      const refusals = new Map((await rows(page, 'Top refusals')).map(([code, ...counts]) => [code, counts]));
      assert.deepEqual(refusals.get('session.required'), ['3', '0']);
      assert.deepEqual(refusals.get('origin.foreign'), ['1', '0']);
      assert.equal([...refusals.keys()][0], 'session.required');
    }));

  test('what it is told is text', () =>
    inBrowser(browser, site.guard.admin.origin, {}, async ({ page }) => {
      const hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
      await page.route('**/status', async (route) => {
        const status = await (await route.fetch()).json();
        const event = { at: hostile, decision: hostile, gate: hostile, code: hostile, what: hostile };
        const action = { ...status.actions[0], name: hostile, role: hostile, rate: [hostile] };
        const refusals = [{ code: hostile, enforced: 1, observed: 0 }];
        await route.fulfill({ json: { ...status, refusals, unnamed: [hostile], events: [event], actions: [action] } });
      });
      await enter(page);
      await page.getByRole('cell', { name: hostile }).first().waitFor();
      assert.equal(await page.getByRole('cell', { name: hostile }).count(), 9);
      assert.equal(await page.getByText(`${hostile}: no section names it: denied`).count(), 1);
      assert.equal(await page.locator('img, td script, li script').count(), 0);
      assert.equal(await page.title(), 'Portcullis guard');
    }));

  test('a guard that has stopped is said, and one that is back is shown', () =>
    inBrowser(browser, site.guard.admin.origin, {}, async ({ page, expectTrouble }) => {
      expectTrouble(/^error: Failed to load resource/);
      await enter(page);
      await page.getByRole('heading', { name: 'Latest decisions' }).waitFor();
      await page.route('**/status', (route) => route.abort());
      await page.getByText('Guard does not answer.').waitFor();
      await page.unroute('**/status');
      await page.getByText(/\d+ requests, \d+ connections, mode enforce/).waitFor();
    }));

  for (const [name, colorScheme, width] of [
    ['light', 'light', 1280],
    ['dark', 'dark', 1280],
    ['narrow', 'light', 380],
  ]) {
    test(`${name}: nothing is cut off`, () =>
      inBrowser(browser, site.guard.admin.origin, {}, async (window) => {
        const { page } = window;
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        await enter(page);
        await page.getByRole('region', { name: 'Latest decisions' }).locator('tbody tr').first().waitFor();
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(overflow, 0, 'the page is wider than its window');
        for (const name of ['session.required', 'app/actions.js#echo']) {
          const words = await page.getByRole('cell', { name, exact: true }).first().boundingBox();
          assert.ok(words.height < 50, `${name} breaks in the middle`);
        }
        if (process.env.E2E_PICTURES) await window.picture(`admin-${name}`);
      }));
  }
});
