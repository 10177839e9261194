// Payloads outside every type, foreign callers, and calls that come too often. Directly they reach the application, which
// is what the left half of each test shows; behind guard they are refused, and nothing has changed.

import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { payloads } from '../lib/acme-payloads.mjs';
import { people, session } from '../lib/acme-people.mjs';
import { call, form, show } from '../lib/call.mjs';
import { until } from '../lib/process.mjs';
import { assertRefused } from '../lib/refusal.mjs';
import { openAcme, routes } from '../lib/site.mjs';

const { olivia, eddie, gina } = people;

for (const route of routes) {
  describe(`payloads and repetition, ${route}`, { timeout: 300_000 }, () => {
    const guarded = route === 'guard';
    let site, seeded;
    before(async () => {
      site = await openAcme(route);
      seeded = await site.db.snapshot();
    });
    beforeEach(() => site.db.restore(seeded));
    after(() => site?.stop());

    for (const [name, { caller, code, worked, logged, leaked, status, ...rest }] of Object.entries(payloads)) {
      test(name, async () => {
        const cookies = await session(site.db, caller);
        const before = await site.db.effects();
        const already = site.log().length;
        const reply = await call(site, { ...rest, cookies });
        if (guarded) {
          assertRefused(site, reply, code);
        } else {
          if (worked) assert.ok(await worked(site.db), `it did not work: ${show(reply)}`);
          if (logged) await until(async () => logged.test(site.log().slice(already)), { what: show(reply), seconds: 5 });
          if (leaked) assert.match(reply.text, leaked);
          if (status) assert.equal(reply.status, status, show(reply));
        }
        if (guarded || !worked) assert.deepEqual(await site.db.effects(), before, 'the database changed');
      });
    }

    test('the same transfer, sent twice', async () => {
      const idempotencyKey = randomUUID();
      const pay = (half, cookies) =>
        call(site, {
          action: `app/${half}/actions/billing.ts#transferCredits`,
          path: `/${half}/billing`,
          cookies,
          args: [
            null,
            form({
              ...(half === 'careless' ? { fromTeamId: 'team_globex' } : { idempotencyKey }),
              toTeamId: 'team_acme',
              amountCents: '1000',
            }),
          ],
        });
      const paid = async () => (await site.db.row(`select count(*) as n from transfers`)).n;

      const cookies = await session(site.db, gina);
      assert.match((await pay('careless', cookies)).text, /Credits sent/);
      const again = await pay('careless', cookies);
      assert.equal(await paid(), guarded ? 1 : 2);
      if (guarded) assertRefused(site, again, 'replay.spent');

      await site.db.restore(seeded);
      const fresh = await session(site.db, gina);
      assert.match((await pay('careful', fresh)).text, /Credits sent/);
      assert.match((await pay('careful', fresh)).text, /Credits sent/);
      assert.equal(await paid(), 1);
    });

    test('trying all codes', async () => {
      // The right code is found by whoever may go on; here it is the twelfth that is tried.
      const confirm = (half, code, cookies) =>
        call(site, {
          action: `app/${half}/actions/otp.ts#confirmCode`,
          path: `/${half}/confirm`,
          cookies,
          args: [null, form({ userId: eddie.id, code })],
        });
      for (const half of ['careless', 'careful']) {
        await site.db.restore(seeded);
        const cookies = await session(site.db, eddie);
        await call(site, { action: `app/${half}/actions/otp.ts#sendCode`, path: `/${half}/confirm`, cookies, args: [null, form()] });
        const mail = await site.db.row('select body from outbox where recipient = ?', eddie.email);
        const right = /\d{6}/.exec(mail.body)[0];
        const replies = [];
        for (let wrong = 0; wrong < 11; wrong += 1) {
          replies.push(await confirm(half, String((Number(right) + 1 + wrong) % 1_000_000).padStart(6, '0'), cookies));
        }
        replies.push(await confirm(half, right, cookies));
        const confirmed = await site.db.row('select 1 from users where id = ? and email_verified_at is not null', eddie.id);
        assert.equal(Boolean(confirmed), half === 'careless' && !guarded, `${half}: ${show(replies.at(-1))}`);
        if (guarded && half === 'careless') assertRefused(site, replies.at(-1), 'rate.limited');
      }
    });

    test('trying passwords', async () => {
      const replies = [];
      for (let wrong = 0; wrong < 12; wrong += 1) {
        const args = [null, form({ email: olivia.email, password: `guess-number-${wrong}`, next: '' })];
        replies.push(await call(site, { action: 'app/careless/actions/auth.ts#signIn', path: '/careless/sign-in', args }));
      }
      if (guarded) assertRefused(site, replies.at(-1), 'rate.limited');
      else assert.match(replies.at(-1).text, /Wrong password/);
    });

    test('telling which actions exist', async () => {
      const stranger = (action) => call(site, { action, args: ['x'] });
      const helper = await stranger('lib/careless-helpers.ts#findUserByEmail');
      const unknown = await stranger(`40${'0'.repeat(40)}`);
      const same = ({ status, text }) => ({ status, text });
      if (guarded) assert.deepEqual(same(helper), same(unknown));
      else assert.notDeepEqual(same(helper), same(unknown));
    });
  });
}
