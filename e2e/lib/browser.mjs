// A headless Chromium whose console is part of what is tested.

import { strict as assert } from 'node:assert';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { work } from './next-app.mjs';

const candidates = [process.env.E2E_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = candidates.find((path) => path && existsSync(path));

/** Starts the browser that all tests of a file share. */
export async function launch() {
  if (!executablePath) throw new Error('chromium is missing: apt-get install chromium, or set E2E_CHROMIUM');
  // Chromium has no sandbox for root, and a container's /dev/shm is small.
  const args = ['--disable-dev-shm-usage', ...(process.getuid() === 0 ? ['--no-sandbox'] : [])];
  return chromium.launch({ executablePath, args });
}

/**
 * A window of its own cookies. What the page logs as an error, throws, or gets from the server with a status of 400 or
 * more is collected; `quiet` fails the test if there is any that the test did not name with `expectTrouble`.
 */
export async function visit(browser, origin, { javaScript = true } = {}) {
  const context = await browser.newContext({ baseURL: origin, javaScriptEnabled: javaScript });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const trouble = [];
  const expected = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) trouble.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => trouble.push(`thrown: ${error.message}`));
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (response.status() >= 400) trouble.push(`${response.status()}: ${response.request().method()} ${pathname}`);
  });
  return {
    page,
    context,
    origin,
    trouble,
    /** Names trouble that belongs to the test; it has to come. */
    expectTrouble: (...patterns) => expected.push(...patterns),
    quiet() {
      const unexpected = trouble.filter((line) => !expected.some((pattern) => pattern.test(line)));
      assert.deepEqual(unexpected, [], 'the browser met trouble');
      const missing = expected.filter((pattern) => !trouble.some((line) => pattern.test(line)));
      assert.deepEqual(missing.map(String), [], 'expected trouble did not come');
    },
    picture(name) {
      const folder = process.env.E2E_PICTURES ?? join(work, 'pictures');
      mkdirSync(folder, { recursive: true });
      return page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
    },
    close: () => context.close(),
  };
}

/** Runs `steps` in a window, and fails if the window met trouble. */
export async function inBrowser(browser, origin, options, steps) {
  const window = await visit(browser, origin, options);
  try {
    await steps(window);
    window.quiet();
  } catch (error) {
    await window.picture(`failed-${Date.now()}`).catch(() => {});
    error.message += `\n  at ${window.page.url()}\n  browser: ${window.trouble.join('\n           ') || 'no trouble'}`;
    throw error;
  } finally {
    await window.close();
  }
}
