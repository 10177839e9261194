// What a refusal by guard looks like from both sides: the caller gets a code, a status and a text that say no more than
// "no", and the audit log says why.

import { strict as assert } from 'node:assert';
import { show } from './call.mjs';

const refusals = {
  'action.unknown': { status: [404, 409], text: 'no such action', reason: /^(action\..*|policy\.missing)$/ },
  'session.required': { status: [401], text: 'sign in first', reason: /^session\./ },
  forbidden: { status: [403], text: 'you may not do this', reason: /^permission\.role$/ },
  'not-found': { status: [404], text: 'not found', reason: /^ownership\./ },
  'origin.foreign': { status: [403], text: 'this request did not come from this site', reason: /^origin\./ },
  'schema.invalid': { status: [422], text: 'some fields are not valid', reason: /^schema\.invalid$/ },
  'request.malformed': { status: [400], text: 'this request is not understood', reason: /^(flight|multipart)\./ },
  'edge.too-large': { status: [413], text: 'this request is too large', reason: /^edge\.|^flight\.budget/ },
  'replay.spent': { status: [409], text: 'this was done already', reason: /^replay\./ },
  'rate.limited': { status: [429], text: 'too many requests', reason: /^rate\.limited$/ },
};

/** Fails unless guard has refused with this code: to the caller, and in its log. */
export function assertRefused(site, reply, code) {
  const { status, text, reason } = refusals[code];
  assert.ok(status.includes(reply.status), `another status than ${status}: ${show(reply)}`);
  if (code === 'action.unknown') {
    assert.equal(reply.headers['x-nextjs-action-not-found'], '1', show(reply));
  } else if (reply.headers['content-type'].startsWith('text/html')) {
    assert.match(reply.text, new RegExp(`<h1>${text}</h1>`));
  } else {
    assert.equal(reply.digest, code, show(reply));
  }
  assert.doesNotMatch(reply.text, /select |schemas\/|\.rs:|panicked/i);

  const id = reply.headers['x-request-id'];
  const record = site.guard.audit().find(({ request_id }) => request_id === id);
  assert.ok(record, `no record of ${id}: ${show(reply)}`);
  assert.equal(record.decision, 'denied');
  assert.match(record.reason, reason);
}
