// Payloads that the types of an action do not know, and callers who are not the application's own pages. `reached` says
// what the application does with them when nothing stands in front.

import { people } from './acme-people.mjs';
import { form } from './call.mjs';

const { victor, eddie } = people;
const TEXT = 'text/plain;charset=UTF-8';
const json = (body) => ({ body, contentType: TEXT });

const onProfile = { caller: victor, path: '/careless/profile' };
const getProfile = { ...onProfile, action: 'app/careless/actions/profile.ts#getProfile' };
const updateProfile = { ...onProfile, action: 'app/careless/actions/profile.ts#updateProfile' };
const exportDocuments = { caller: victor, path: '/careless/documents', action: 'app/careless/actions/documents.ts#exportDocuments' };
const deleteDocument = {
  caller: eddie,
  path: '/careless/documents/doc_launch',
  action: 'app/careless/actions/documents.ts#deleteDocument',
};

// The action ran: its own error or its own answer came back, not one of the framework's.
const ran = /Failed query/;
const named = (name) => (db) => db.row('select 1 from users where id = ? and name = ?', victor.id, name);
const deleted = async (db) => !(await db.row(`select 1 from documents where id = 'doc_launch'`));

export const payloads = {
  'an operator where an id belongs': { ...getProfile, ...json('[{"$ne":null}]'), logged: ran, code: 'schema.invalid' },
  'a list where an id belongs': { ...getProfile, ...json('[["usr_olivia"]]'), logged: ran, code: 'schema.invalid' },
  'a file where an id belongs': {
    ...exportDocuments,
    args: [new File(['x'], 'x.txt')],
    logged: ran,
    code: 'request.malformed',
  },
  'nothing where an id belongs': { ...exportDocuments, ...json('[]'), logged: ran, code: 'schema.invalid' },
  'the same key twice': {
    ...updateProfile,
    ...json('[{"name":"first","name":"second"}]'),
    worked: named('second'),
    code: 'request.malformed',
  },
  'a key `__proto__`': {
    ...updateProfile,
    ...json('[{"name":"proto","__proto__":{"isStaff":true}}]'),
    worked: named('proto'),
    code: 'request.malformed',
  },
  'a key `__proto__`, escaped': {
    ...updateProfile,
    ...json('[{"name":"escaped","\\u005f_proto__":{"isStaff":true}}]'),
    worked: named('escaped'),
    code: 'request.malformed',
  },
  'a key `then`': {
    ...updateProfile,
    ...json('[{"name":"thenable","then":1}]'),
    worked: named('thenable'),
    code: 'request.malformed',
  },
  'a reference through a prototype': {
    ...updateProfile,
    ...json('[{"name":"$0:__proto__:constructor"}]'),
    status: 500,
    code: 'request.malformed',
  },
  'a reference with something behind its number': {
    ...updateProfile,
    body: multipart([
      ['1', '"appended"'],
      ['0', '[{"name":"$1z"}]'],
    ]),
    contentType: 'multipart/form-data; boundary=x',
    worked: named('appended'),
    code: 'request.malformed',
  },
  'a part in another encoding': {
    ...updateProfile,
    body: utf16Part('[{"name":"unseen"}]'),
    contentType: 'multipart/form-data; boundary=x',
    worked: named('unseen'),
    code: 'request.malformed',
  },
  'six hundred lists in each other': {
    ...exportDocuments,
    ...json(`${'['.repeat(600)}${']'.repeat(600)}`),
    logged: ran,
    code: 'request.malformed',
  },
  'a call with a thousand arguments': {
    ...exportDocuments,
    ...json(JSON.stringify(['team_acme', ...Array(999).fill('x')])),
    leaked: /Confidential/,
    code: 'request.malformed',
  },
  'a body over the limit': {
    ...exportDocuments,
    ...json(JSON.stringify(['x'.repeat(1_200_000)])),
    status: 500,
    code: 'edge.too-large',
  },

  'a page of another site, by fetch': {
    ...deleteDocument,
    args: ['doc_launch'],
    headers: { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
    status: 500,
    code: 'origin.foreign',
  },
  'a page of another site, by a form': {
    ...deleteDocument,
    transport: 'form',
    args: ['doc_launch', form()],
    headers: { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
    status: 500,
    code: 'origin.foreign',
  },
  'a sandboxed frame: Origin null, by a form': {
    ...deleteDocument,
    transport: 'form',
    args: ['doc_launch', form()],
    headers: { origin: 'null', 'sec-fetch-site': 'cross-site' },
    status: 500,
    code: 'origin.foreign',
  },
  'the right Origin, and the browser says cross-site': {
    ...deleteDocument,
    args: ['doc_launch'],
    headers: { 'sec-fetch-site': 'cross-site' },
    worked: deleted,
    code: 'origin.foreign',
  },
  'no Origin, by fetch': {
    ...deleteDocument,
    args: ['doc_launch'],
    headers: { origin: null, 'sec-fetch-site': null },
    worked: deleted,
    code: 'origin.foreign',
  },
  'the host of another Origin, told by a header': {
    ...deleteDocument,
    args: ['doc_launch'],
    headers: { origin: 'https://evil.test', 'x-forwarded-host': 'evil.test', 'sec-fetch-site': null },
    worked: deleted,
    code: 'origin.foreign',
  },
};

function multipart(parts) {
  const lines = parts.flatMap(([name, value]) => [
    '--x',
    `Content-Disposition: form-data; name="${name}"`,
    '',
    value,
  ]);
  return [...lines, '--x--', ''].join('\r\n');
}

function utf16Part(text) {
  const head = '--x\r\nContent-Disposition: form-data; name="0"\r\nContent-Type: text/plain; charset=utf-16le\r\n\r\n';
  return Buffer.concat([Buffer.from(head), Buffer.from(text, 'utf16le'), Buffer.from('\r\n--x--\r\n')]);
}
