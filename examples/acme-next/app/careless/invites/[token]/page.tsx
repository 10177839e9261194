import { PlainForm } from '@/components/plain-form';
import { signedIn } from '@/lib/page';
import { acceptInvite } from '../../actions/team';

export const metadata = { title: 'Invitation' };

export default async function InvitePage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  await signedIn('careless', `/careless/invites/${token}`);
  return (
    <>
      <h1>You are invited to a team</h1>
      <PlainForm id="accept-invite" action={acceptInvite.bind(null, token)} submit="Join" />
    </>
  );
}
