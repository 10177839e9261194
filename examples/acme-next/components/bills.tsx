import type { ReactNode } from 'react';
import { formatCents } from '@/lib/money';

type Bill = { id: string; kind: string; description: string; amountCents: number; refundedAt: Date | null };
type Props = { bills: Bill[]; refund: (bill: Bill) => ReactNode };

/** The charges of a team, with a refund form for add-ons that have none yet. */
export function Bills({ bills, refund }: Props) {
  return (
    <table data-testid="charges">
      <tbody>
        {bills.map((bill) => (
          <tr key={bill.id} data-testid={`charge-${bill.id}`}>
            <td>{bill.description}</td>
            <td>{formatCents(bill.amountCents)}</td>
            <td>{bill.refundedAt ? 'refunded' : bill.kind === 'addon' && refund(bill)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type Move = { id: string; toTeamId: string; amountCents: number };

export function Moves({ teamId, moves }: { teamId: string; moves: Move[] }) {
  return (
    <ul data-testid="transfers">
      {moves.map((move) => (
        <li key={move.id}>
          {formatCents(move.amountCents)} {move.toTeamId === teamId ? 'received' : 'sent'}
        </li>
      ))}
    </ul>
  );
}
