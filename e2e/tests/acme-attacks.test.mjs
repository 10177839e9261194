// The careless half under attack. Directly every attack works, or the test would say nothing about guard; the careful
// half refuses the same. Behind guard each one is refused with its code, and the database is as it was.

import { strict as assert } from 'node:assert';
import { after, before, describe, test } from 'node:test';
import { attacks } from '../lib/acme-attacks.mjs';
import { session } from '../lib/acme-people.mjs';
import { call, show } from '../lib/call.mjs';
import { assertRefused } from '../lib/refusal.mjs';
import { openAcme, routes } from '../lib/site.mjs';

for (const route of routes) {
  describe(`attacks, ${route}`, { timeout: 300_000 }, () => {
    let site, seeded;
    before(async () => {
      site = await openAcme(route);
      seeded = await site.db.snapshot();
    });
    after(() => site?.stop());

    /** Makes the call, and tells what it did. */
    async function attempt({ caller, cookies, ...rest }) {
      await site.db.restore(seeded);
      const jar = { ...(caller && (await session(site.db, caller))), ...cookies };
      const before = await site.db.effects();
      const reply = await call(site, { ...rest, cookies: jar });
      return { before, reply };
    }

    for (const [name, { careless, worked, careful, answer, code }] of Object.entries(attacks)) {
      test(`careless: ${name}`, async () => {
        const { before, reply } = await attempt(careless);
        if (route === 'direct') {
          assert.ok(await worked(site.db, reply, before), `it did not work: ${show(reply)}`);
        } else {
          assertRefused(site, reply, code);
          assert.deepEqual(await site.db.effects(), before, 'the database changed');
        }
      });
      if (!careful) continue;
      test(`careful: ${name}`, async () => {
        const { before, reply } = await attempt(careful);
        if (route === 'direct') assert.match(show(reply), answer);
        assert.deepEqual(await site.db.effects(), before, 'the database changed');
      });
    }
  });
}
