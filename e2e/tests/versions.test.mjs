// The same application on Next.js 14, 15 and 16, in the browser: behind guard it is as it is without.

import { strict as assert } from 'node:assert';
import { after, before, describe, test } from 'node:test';
import { inBrowser, launch } from '../lib/browser.mjs';
import { everywhere, refused, scripted, streamedPage } from '../lib/fixture-steps.mjs';
import { fixture, majors } from '../lib/next-app.mjs';
import { openFixture, shortRoutes } from '../lib/site.mjs';

for (const major of majors) {
  for (const route of shortRoutes) {
    describe(`next ${major}, ${route}`, { timeout: 400_000 }, () => {
      let browser, site;
      before(async () => {
        site = await openFixture(route, fixture(major));
        browser = await launch();
      });
      after(async () => {
        await browser?.close();
        await site?.stop();
      });

      for (const javaScript of [true, false]) {
        for (const [name, steps] of Object.entries(javaScript ? { ...scripted, ...everywhere } : everywhere)) {
          test(`${javaScript ? 'with' : 'without'} scripts: ${name}`, () =>
            inBrowser(browser, site.origin, { javaScript }, (window) => steps(window, { major, route, javaScript })),
          );
        }
      }

      for (const javaScript of route === 'guard' ? [true, false] : []) {
        for (const [name, steps] of Object.entries(refused(javaScript))) {
          test(`${javaScript ? 'with' : 'without'} scripts: ${name}`, () =>
            inBrowser(browser, site.origin, { javaScript }, steps),
          );
        }
      }

      test('a page that streams', () => streamedPage(site.origin, `page-${route}`));

      test('an action of another build', async () => {
        // What a page does that was loaded before the last deployment: 15 and 16 say so to the application.
        await inBrowser(browser, site.origin, {}, async ({ page, expectTrouble }) => {
          await page.route('**/fetch', (request) => {
            const headers = request.request().headers();
            if (headers['next-action']) headers['next-action'] = headers['next-action'].replace(/.{8}$/, '01234567');
            return request.continue({ headers });
          });
          // Left alone, 14 answers with a page, and its client with nothing.
          if (major > 14 || route === 'guard') expectTrouble(/^4\d\d: POST \/fetch$/, /^error: Failed to load resource/);
          await page.goto('/fetch');
          await page.getByTestId('text').click();
          const shown = page.getByTestId('result').filter({ hasText: /^text/ });
          await shown.waitFor();
          const text = await shown.textContent();
          if (major > 14) assert.match(text, /^text failed: UnrecognizedActionError/);
          else if (route === 'guard') assert.match(text, /^text failed: Error, digest action\.unknown$/);
        });
      });
    });
  }
}
