import Link from 'next/link';
import type { Half } from '@/lib/page';
import type { ActionState } from '@/lib/state';
import { ActionForm } from './action-form';
import { Field } from './field';

type Action = (previous: ActionState, formData: FormData) => Promise<ActionState>;

export function SignInForm({ half, action, next }: { half: Half; action: Action; next?: string }) {
  return (
    <>
      <h1>Sign in</h1>
      <ActionForm id="sign-in" action={action} submit="Sign in">
        <input type="hidden" name="next" value={next ?? ''} />
        <Field form="sign-in" name="email" label="E-mail" type="email" autoComplete="username" required />
        <Field
          form="sign-in"
          name="password"
          label="Password"
          type="password"
          autoComplete="current-password"
          required
        />
      </ActionForm>
      <p>
        <Link href={`/${half}/sign-up`}>Create an account</Link> or{' '}
        <Link href={`/${half}/reset`}>reset your password</Link>.
      </p>
    </>
  );
}

export function SignUpForm({ action }: { action: Action }) {
  return (
    <>
      <h1>Create an account</h1>
      <ActionForm id="sign-up" action={action} submit="Create account">
        <Field form="sign-up" name="name" label="Your name" autoComplete="name" required />
        <Field form="sign-up" name="teamName" label="Team" autoComplete="organization" required />
        <Field form="sign-up" name="email" label="E-mail" type="email" autoComplete="username" required />
        <Field
          form="sign-up"
          name="password"
          label="Password (ten characters or more)"
          type="password"
          autoComplete="new-password"
          required
        />
      </ActionForm>
    </>
  );
}

export function RequestResetForm({ action }: { action: Action }) {
  return (
    <>
      <h1>Forgot your password?</h1>
      <ActionForm id="request-reset" action={action} submit="Send a link">
        <Field form="request-reset" name="email" label="E-mail" type="email" autoComplete="username" required />
      </ActionForm>
    </>
  );
}

export function ResetForm({ action, token }: { action: Action; token: string }) {
  return (
    <>
      <h1>Choose a new password</h1>
      <ActionForm id="reset-password" action={action} submit="Change password">
        <input type="hidden" name="token" value={token} />
        <Field
          form="reset-password"
          name="password"
          label="New password"
          type="password"
          autoComplete="new-password"
          required
        />
      </ActionForm>
    </>
  );
}

export function ContactForm({ action }: { action: Action }) {
  return (
    <>
      <h1>Contact us</h1>
      <ActionForm id="contact" action={action} submit="Send">
        <Field form="contact" name="email" label="Your e-mail" type="email" autoComplete="email" required />
        <Field form="contact" name="message" label="Message" rows={5} required />
      </ActionForm>
    </>
  );
}
