import { ActionForm } from '@/components/action-form';
import { Field } from '@/components/field';
import { PlainForm } from '@/components/plain-form';
import { ProfileForm } from '@/components/profile-form';
import { signedIn } from '@/lib/page';
import { changeEmail, changePassword, getProfile, updateProfile } from '../actions/profile';

export const metadata = { title: 'Profile' };

export default async function ProfilePage() {
  const user = await signedIn('careless', '/careless/profile');
  const profile = await getProfile(user.id);
  return (
    <>
      <h1>Profile</h1>
      <ProfileForm profile={{ name: profile?.name ?? '', bio: profile?.bio ?? '' }} save={updateProfile} />
      <h2>E-mail</h2>
      <PlainForm id="change-email" action={changeEmail.bind(null, user.id)} submit="Change e-mail">
        <Field form="change-email" name="email" label="E-mail" type="email" defaultValue={user.email} required />
      </PlainForm>
      <h2>Password</h2>
      <ActionForm id="change-password" action={changePassword} submit="Change password">
        <input type="hidden" name="userId" value={user.id} />
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
