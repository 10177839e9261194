import type { ReactNode } from 'react';
import { Shell } from '@/components/shell';
import { signOut } from './actions/auth';

export default function CarelessLayout({ children }: { children: ReactNode }) {
  return (
    <Shell half="careless" signOut={signOut}>
      {children}
    </Shell>
  );
}
