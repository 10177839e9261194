// Every flow of the example in the browser: both halves, with scripts and without, directly and behind guard.

import { after, before, describe, test } from 'node:test';
import { flows } from '../lib/acme-flows.mjs';
import { inBrowser, launch } from '../lib/browser.mjs';
import { openAcme, shortRoutes } from '../lib/site.mjs';

for (const route of shortRoutes) {
  describe(`the example, ${route}`, { timeout: 480_000 }, () => {
    let browser, site, seeded;
    before(async () => {
      site = await openAcme(route);
      seeded = await site.db.snapshot();
      browser = await launch();
    });
    after(async () => {
      await browser?.close();
      await site?.stop();
    });

    for (const half of ['careless', 'careful']) {
      for (const javaScript of [true, false]) {
        for (const [name, flow] of Object.entries(flows)) {
          test(`${half}, ${javaScript ? 'with' : 'without'} scripts: ${name}`, async () => {
            await site.db.restore(seeded);
            await inBrowser(browser, site.origin, { javaScript }, (window) =>
              flow(window, half, { db: site.db, log: site.log, javaScript }),
            );
          });
        }
      }
    }
  });
}
