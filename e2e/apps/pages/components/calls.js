'use client';

import { useState, useTransition } from 'react';
import { echo, guarded, leave, lose, note, refuse, returnKinds, swallow } from '../app/actions';
import { describe } from './describe';

const shared = { name: 'shared' };

const calls = {
  text: () => echo('ä€😀 "quoted" $dollar', '', 'x'.repeat(5000).length),
  numbers: () => echo(1, -0, 1.5, NaN, Infinity, -Infinity),
  kinds: () =>
    echo(
      new Map([['a', 1], ['b', { c: [1, 2] }]]),
      new Set([1, 'two']),
      new Date(0),
      123456789012345678901234567890n,
      undefined,
      null,
      true,
    ),
  nested: () => echo({ list: [{ deep: { deeper: [1, [2, [3]]] } }], first: shared, again: shared }),
  formdata: () => {
    const data = new FormData();
    data.append('a', '1');
    data.append('a', '2');
    data.append('ü', 'ö');
    return echo(data, 'after');
  },
  returned: async () => describe(await returnKinds()),
  refused: () => refuse(),
  redirected: () => leave('fetch'),
  lost: () => lose(),
  noted: () => note('by a call'),
  swallowed: () => swallow(1, '2', [3]),
  guarded: () => guarded(),
};

export function Calls() {
  const [result, setResult] = useState('');
  const [, startTransition] = useTransition();

  // The caller that handles errors, and the one that leaves them to the error boundary.
  const caught = (name) => async () => {
    setResult('');
    try {
      setResult(`${name}: ${await calls[name]()}`);
    } catch (error) {
      if (error.digest?.startsWith?.('NEXT_')) throw error;
      setResult(`${name} failed: ${error.name}, digest ${error.digest}`);
    }
  };
  const uncaught = (name) => () => startTransition(async () => setResult(`${name}: ${await calls[name]()}`));

  return (
    <>
      {Object.keys(calls).map((name) => (
        <p key={name}>
          <button data-testid={name} onClick={caught(name)}>
            {name}
          </button>
          <button data-testid={`${name}-uncaught`} onClick={uncaught(name)}>
            {name}, uncaught
          </button>
        </p>
      ))}
      <pre data-testid="result">{result}</pre>
    </>
  );
}
