import { ResetForm } from '@/components/forms';
import { resetPassword } from '../../actions/auth';

export const metadata = { title: 'Reset your password' };

export default async function ResetPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  return <ResetForm action={resetPassword} token={token} />;
}
