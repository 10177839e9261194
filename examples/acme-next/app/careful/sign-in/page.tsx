import { SignInForm } from '@/components/forms';
import { signIn } from '../actions/auth';

export const metadata = { title: 'Sign in' };

export default async function SignInPage({ searchParams }: { searchParams: Promise<{ next?: string }> }) {
  const { next } = await searchParams;
  return <SignInForm half="careful" action={signIn} next={next} />;
}
