import { RequestResetForm } from '@/components/forms';
import { requestReset } from '../actions/auth';

export const metadata = { title: 'Reset your password' };

export default function RequestResetPage() {
  return <RequestResetForm action={requestReset} />;
}
