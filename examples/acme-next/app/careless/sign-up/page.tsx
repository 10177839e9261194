import { SignUpForm } from '@/components/forms';
import { signUp } from '../actions/auth';

export const metadata = { title: 'Create an account' };

export default function SignUpPage() {
  return <SignUpForm action={signUp} />;
}
