import type { ReactNode } from 'react';
import { Shell } from '@/components/shell';
import { signOut } from './actions/auth';

export default function CarefulLayout({ children }: { children: ReactNode }) {
  return (
    <Shell half="careful" signOut={signOut}>
      {children}
    </Shell>
  );
}
