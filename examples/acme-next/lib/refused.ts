import type { ActionState } from './state';

/** Thrown inside a transaction: rolls it back and carries the answer for the form. */
export class Refused extends Error {
  constructor(readonly answer: ActionState) {
    super('refused');
  }
}
