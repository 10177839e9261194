import { ActionForm } from '@/components/action-form';
import { signedIn } from '@/lib/page';
import { acceptInvite } from '../../actions/team';

export const metadata = { title: 'Invitation' };

export default async function InvitePage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  await signedIn('careful', `/careful/invites/${token}`);
  return (
    <>
      <h1>You are invited to a team</h1>
      <ActionForm id="accept-invite" action={acceptInvite.bind(null, token)} submit="Join" />
    </>
  );
}
