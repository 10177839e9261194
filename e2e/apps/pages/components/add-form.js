'use client';

import { add } from '../app/actions';
import { useFormAnswer } from './form-answer';

export function AddForm() {
  const [{ total, said }, action] = useFormAnswer(add, { total: 0, said: 'nothing' });
  return (
    <form action={action}>
      <input name="number" data-testid="add-number" />
      <input name="said" data-testid="add-said" />
      <button data-testid="add-submit">add</button>
      <p data-testid="total">
        {total}, {said}
      </p>
    </form>
  );
}
