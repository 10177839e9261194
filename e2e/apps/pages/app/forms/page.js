import { cookies } from 'next/headers';
import { AddForm } from '../../components/add-form';
import { describe } from '../../components/describe';
import { boundForm, guardedForm, leaveForm, noteForm, pressed, refuseForm } from '../actions';

export default async function FormsPage() {
  const store = await cookies();
  const word = 'captured';
  const when = new Date(0);

  async function closureForm(formData) {
    'use server';
    (await cookies()).set('note', `${word} ${describe(when)} ${formData.get('text')}`, { path: '/' });
  }

  return (
    <>
      <h1>Forms</h1>
      <p data-testid="note">{store.get('note')?.value ?? 'no note'}</p>
      <Form id="plain" action={noteForm} />
      <Form id="bound" action={boundForm.bind(null, 'Ann', 41)} />
      <Form id="closure" action={closureForm} />
      <Form id="leave" action={leaveForm} />
      <Form id="refuse" action={refuseForm} />
      <Form id="guarded" action={guardedForm} />
      <form data-testid="pressed-form">
        <input name="text" data-testid="pressed-text" />
        <button formAction={pressed.bind(null, 'left')} data-testid="pressed-left">
          left
        </button>
        <button formAction={pressed.bind(null, 'right')} data-testid="pressed-right">
          right
        </button>
      </form>
      <AddForm />
    </>
  );
}

function Form({ id, action }) {
  return (
    <form action={action}>
      <input name="text" data-testid={`${id}-text`} />
      <button data-testid={`${id}-submit`}>{id}</button>
    </form>
  );
}
