// The regression corpus against guard in front of the real Next.js 14, 15 and 16: what is refused never reaches the
// application, what is allowed does and is understood, and what is taken away is gone. The cases are those of guard's
// own tests (crates/gate/guard/tests/corpus); the same program writes both.

import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { fixture, majors } from '../lib/next-app.mjs';
import { sendRaw } from '../lib/recorder.mjs';
import { openFixture, routes } from '../lib/site.mjs';

const program = process.env.E2E_CORPUS;

// References with a path and these names of form data came with React 19: the client of 14 does not send them.
const later = /an own key of|a shared object|what has come in the first part|form data|a file with any bytes/;

for (const major of routes.includes('guard') && program ? majors : []) {
  describe(`the corpus, next ${major}`, { timeout: 300_000 }, () => {
    let site, cases;
    before(async () => {
      site = await openFixture('guard', fixture(major), { records: true });
      const host = new URL(site.origin).host;
      const action = site.ids['app/actions.js#swallow'];
      const output = execFileSync(program, [host, site.origin, '/fetch', action], { maxBuffer: 1 << 28 });
      cases = output.toString().split('\n').filter(Boolean).map((line) => JSON.parse(line));
    });
    after(() => site?.stop());

    test('every case ends as it says', async () => {
      assert.ok(cases.length > 700, `${cases.length} cases`);
      const problems = [];
      for (const { family, name, expect, words, bytes } of cases) {
        site.recorder.take();
        const answer = await sendRaw(new URL(site.origin).port, Buffer.from(bytes, 'hex'));
        const arrived = site.recorder.take();
        const status = Number(/^HTTP\/1\.1 (\d+)/.exec(answer.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, ''))?.[1] ?? 0);
        const unknown = major === 14 && expect === 'passes' && later.test(name);
        const problem = problemOf({ expect: unknown ? 'refused' : expect, words, arrived, status });
        if (problem) problems.push(`${family} / ${name}: ${problem}`);
      }
      assert.deepEqual(problems, []);
    });

    test('the application is well afterwards', async () => {
      const reply = await fetch(`${site.origin}/fetch`);
      assert.equal(reply.status, 200);
      assert.match(await reply.text(), /Calls/);
    });
  });
}

function problemOf({ expect, words, arrived, status }) {
  if (expect === 'refused') {
    if (arrived) return `arrived: ${arrived.slice(0, 200)}`;
    return status === 0 || (status >= 400 && status < 500) || status === 501 ? null : `answered with ${status}`;
  }
  if (!arrived) return `did not arrive, answered with ${status}`;
  if (status === 0 || status >= 500) return `answered with ${status}`;
  const left = expect === 'without' && words.find((word) => arrived.toLowerCase().includes(word.toLowerCase()));
  return left ? `\`${left}\` arrived` : null;
}
