import { ActionForm } from '@/components/action-form';
import { Field } from '@/components/field';
import { signedIn } from '@/lib/page';
import { confirmCode, sendCode } from '../actions/otp';

export const metadata = { title: 'Confirm your address' };

export default async function ConfirmPage() {
  const user = await signedIn('careless', '/careless/confirm');
  return (
    <>
      <h1>Confirm your address</h1>
      <p>
        {user.email} is <strong data-testid="confirmed">{user.emailVerifiedAt ? 'confirmed' : 'not confirmed'}</strong>
      </p>
      <ActionForm id="send-code" action={sendCode} submit="Mail me a code" inline />
      <ActionForm id="confirm-code" action={confirmCode} submit="Confirm">
        <input type="hidden" name="userId" value={user.id} />
        <Field form="confirm-code" name="code" label="Code" inputMode="numeric" autoComplete="one-time-code" required />
      </ActionForm>
    </>
  );
}
