import { ActionForm } from '@/components/action-form';
import { Field } from '@/components/field';
import { ProfileForm } from '@/components/profile-form';
import { signedIn } from '@/lib/page';
import { changeEmail, changePassword, getProfile, updateProfile } from '../actions/profile';

export const metadata = { title: 'Profile' };

export default async function ProfilePage() {
  await signedIn('careful', '/careful/profile');
  const { name, bio, email } = await getProfile();
  return (
    <>
      <h1>Profile</h1>
      <ProfileForm profile={{ name, bio }} save={updateProfile} />
      <h2>E-mail</h2>
      <ActionForm id="change-email" action={changeEmail} submit="Change e-mail">
        <Field form="change-email" name="email" label="E-mail" type="email" defaultValue={email} required />
        <Field
          form="change-email"
          name="password"
          label="Your password"
          type="password"
          autoComplete="current-password"
          required
        />
      </ActionForm>
      <h2>Password</h2>
      <ActionForm id="change-password" action={changePassword} submit="Change password">
        <Field
          form="change-password"
          name="current"
          label="Current password"
          type="password"
          autoComplete="current-password"
          required
        />
        <Field
          form="change-password"
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
