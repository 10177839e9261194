// What a visitor does on the fixture. The steps are the same on every version of Next.js and on every route; what a
// version does differently is said where it is expected.

import { strict as assert } from 'node:assert';
import { shows } from './acme-people.mjs';

/** What each button of the page of calls shows. 14 reads names of fields as Latin-1. */
const results = (major) => ({
  text: 'text: "ä€😀 \\"quoted\\" $dollar", "", 5000',
  numbers: 'numbers: 1, -0, 1.5, NaN, Infinity, -Infinity',
  kinds:
    'kinds: Map [["a" 1] ["b" {c:[1 2]}]], Set [1 "two"], Date 1970-01-01T00:00:00.000Z, ' +
    '123456789012345678901234567890n, undefined, null, true',
  nested:
    'nested: {list:[{deep:{deeper:[1 [2 [3]]]}}] first:{name:"shared"} again:{name:"shared"}}',
  formdata: `formdata: FormData [["a" "1"] ["a" "2"] ["${major === 14 ? 'Ã¼' : 'ü'}" "ö"]], "after"`,
  returned:
    'returned: {map:Map [["k" 1]] when:Date 1970-01-02T00:00:00.000Z big:1180591620717411303424n not:NaN}',
  swallowed: 'swallowed: 3',
  noted: 'noted: noted by a call',
});

/** Steps that need scripts. */
export const scripted = {
  async 'calls with every kind of value'({ page }, { major }) {
    await page.goto('/fetch');
    for (const [name, result] of Object.entries(results(major))) {
      await page.getByTestId(name).click();
      await shows(page, 'result', `${name}: `);
      assert.equal(await page.getByTestId('result').textContent(), result);
    }
    assert.match(await page.evaluate(() => document.cookie), /note=by%20a%20call/);
  },

  async 'an action that throws'(window) {
    const { page, expectTrouble } = window;
    expectTrouble(/^500: POST \/fetch$/, /^error: Failed to load resource.*500/);
    await page.goto('/fetch');
    await page.getByTestId('refused').click();
    await shows(page, 'result', /^refused failed: Error, digest \d+$/);
  },

  async 'an action that throws, to the error boundary'(window) {
    const { page, expectTrouble } = window;
    expectTrouble(/^500: POST \/fetch$/, /^error: Failed to load resource.*500/, /^(error|thrown): /);
    await page.goto('/fetch');
    await page.getByTestId('refused-uncaught').click();
    await shows(page, 'boundary', 'caught by the boundary');
    await shows(page, 'digest', /^\d+$/);
  },

  async 'an action that redirects'({ page }) {
    await page.goto('/fetch');
    await page.getByTestId('redirected-uncaught').click();
    await page.waitForURL('**/landed?by=fetch');
    await shows(page, 'landed', 'landed by fetch');
  },

  async 'an action that finds nothing'(window) {
    const { page, expectTrouble } = window;
    expectTrouble(/^404: POST \/fetch$/, /^error: Failed to load resource.*404/);
    await page.goto('/fetch');
    await page.getByTestId('lost-uncaught').click();
    await shows(page, 'not-found', 'there is nothing here');
  },

  async 'links, prefetched and followed'({ page }) {
    const prefetched = page.waitForRequest((request) => request.headers()['next-router-prefetch'] !== undefined);
    await page.goto('/');
    await prefetched;
    for (const number of [1, 2]) {
      await page.getByTestId(`nav-/linked/${number}`).click();
      await shows(page, 'linked', `page ${number}`);
    }
    await page.goBack();
    await shows(page, 'linked', 'page 1');
    await page.getByTestId('nav-/forms').click();
    await page.getByTestId('plain-submit').waitFor();
  },

  async 'server-sent events, as they come'({ page }) {
    await page.goto('/');
    const key = `events-${Date.now()}`;
    await page.evaluate((path) => {
      globalThis.received = [];
      const source = new EventSource(path);
      source.onmessage = ({ data }) => globalThis.received.push(data);
      source.onerror = () => source.close();
    }, `/events?key=${key}`);
    // The second is not sent before the first has arrived.
    await page.waitForFunction(() => globalThis.received.join() === 'first');
    await page.evaluate((path) => fetch(path), `/release?key=${key}`);
    await page.waitForFunction(() => globalThis.received.join() === 'first,second');
  },
};

/** Steps that scripts are not needed for. */
export const everywhere = {
  async 'forms: plain, bound, closure, two buttons'(window, { major, javaScript }) {
    const { page } = window;
    await page.goto('/forms');
    // The page that 14 answers a form with does not have the form's cookie yet.
    const settled = () => major === 14 && !javaScript && page.goto('/forms');
    await shows(page, 'note', 'no note');
    await send(page, 'plain', 'päper');
    await settled();
    await shows(page, 'note', /^päper$/);
    await send(page, 'bound', 'says it');
    await settled();
    await shows(page, 'note', /^Ann 42 says it$/);
    await send(page, 'closure', 'and more');
    await settled();
    await shows(page, 'note', /^captured Date 1970-01-01T00:00:00.000Z and more$/);
    await page.getByTestId('pressed-text').fill('force');
    await page.getByTestId('pressed-right').click();
    await settled();
    await shows(page, 'note', /^pressed right with force$/);
  },

  async 'a form with an answer'({ page }) {
    await page.goto('/forms');
    for (const [number, total] of [
      [2, 2],
      [40, 42],
    ]) {
      await page.getByTestId('add-number').fill(String(number));
      await page.getByTestId('add-said').fill('"quotes" & <tags>\nno');
      await page.getByTestId('add-submit').click();
      await shows(page, 'total', `${total}, "quotes" & <tags>`);
    }
  },

  async 'a form that redirects'({ page }) {
    await page.goto('/forms');
    await page.getByTestId('leave-submit').click();
    await page.waitForURL('**/landed?by=form');
    await shows(page, 'landed', 'landed by form');
  },

  async 'a form whose action throws'(window, { javaScript }) {
    const { page, expectTrouble } = window;
    expectTrouble(/^500: POST \/forms$/, /^error: Failed to load resource.*500/);
    if (javaScript) expectTrouble(/^(error|thrown): /);
    await page.goto('/forms');
    const answered = page.waitForResponse((response) => response.status() === 500);
    await page.getByTestId('refuse-submit').click();
    await answered;
    if (javaScript) await shows(page, 'boundary', 'caught by the boundary');
    assert.doesNotMatch(await page.content(), /only the log of the server/);
  },

  async 'files'({ page }) {
    await page.goto('/upload');
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
    await page.getByTestId('upload-title').fill('two files');
    await page.getByTestId('upload-files').setInputFiles([
      { name: 'plain "ü".txt', mimeType: 'text/plain', buffer: Buffer.from('--boundary\r\n\r\nä\r\n') },
      { name: 'bytes.bin', mimeType: 'application/octet-stream', buffer: bytes },
    ]);
    await page.getByTestId('upload-submit').click();
    await shows(page, 'received', 'two files: ');
    const sum = (buffer) => buffer.reduce((total, byte) => (total * 31 + byte) % 1_000_003, 7);
    const received = await page.getByTestId('received').textContent();
    assert.match(received, new RegExp(`bytes\\.bin application/octet-stream 70000 ${sum(bytes)}$`));
    assert.match(received, new RegExp(`text/plain 18 ${sum(Buffer.from('--boundary\r\n\r\nä\r\n'))};`));
  },
};

/** What a visitor sees of guard's refusal: these actions want a session, and nobody has one. */
export const refused = (javaScript) => (javaScript ? refusedScripted : refusedPlain);

const denied = [/^401: POST \//, /^error: Failed to load resource.*401/];

const refusedScripted = {
  async 'a refusal, caught'({ page, expectTrouble }) {
    expectTrouble(...denied);
    await page.goto('/fetch');
    await page.getByTestId('guarded').click();
    await shows(page, 'result', /^guarded failed: Error, digest session\.required$/);
    await page.getByTestId('text').click();
    await shows(page, 'result', 'text: ');
  },

  async 'a refusal, to the error boundary'({ page, expectTrouble }) {
    expectTrouble(...denied, /^(error|thrown): /);
    await page.goto('/fetch');
    await page.getByTestId('guarded-uncaught').click();
    await shows(page, 'boundary', 'caught by the boundary');
    await shows(page, 'digest', /^session\.required$/);
  },

  async 'a refused form, to the error boundary'({ page, expectTrouble }) {
    expectTrouble(...denied, /^(error|thrown): /);
    await page.goto('/forms');
    await send(page, 'guarded', 'x');
    await shows(page, 'digest', /^session\.required$/);
    await page.goto('/forms');
    await shows(page, 'note', 'no note');
  },
};

const refusedPlain = {
  async 'a refused form'({ page, expectTrouble }) {
    expectTrouble(...denied);
    await page.goto('/forms');
    await send(page, 'guarded', 'x');
    await page.getByRole('heading', { name: 'sign in first' }).waitFor();
    await page.goto('/forms');
    await shows(page, 'note', 'no note');
  },
};

/** The page that waits in the middle, read as it comes. */
export async function streamedPage(origin, key) {
  const response = await fetch(`${origin}/stream?key=${key}`);
  const decoder = new TextDecoder();
  let text = '';
  let released = false;
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    if (!released && text.includes('waiting')) {
      assert.doesNotMatch(text, /data-testid="second"/);
      released = true;
      await fetch(`${origin}/release?key=${key}`);
    }
  }
  assert.ok(released, 'the first half did not come before the second');
  assert.match(text, /data-testid="second"/);
}

async function send(page, id, text) {
  await page.getByTestId(`${id}-text`).fill(text);
  await page.getByTestId(`${id}-submit`).click();
}
