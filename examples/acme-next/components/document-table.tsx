import Link from 'next/link';
import type { Half } from '@/lib/page';

type Row = { id: string; title: string; owner: string; archived: boolean };

export function DocumentTable({ half, rows }: { half: Half; rows: Row[] }) {
  return (
    <table data-testid="documents">
      <thead>
        <tr>
          <th>Title</th>
          <th>Owner</th>
          <th>State</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id} data-testid={`document-${row.id}`}>
            <td>
              <Link href={`/${half}/documents/${row.id}`}>{row.title}</Link>
            </td>
            <td>{row.owner}</td>
            <td>{row.archived ? 'archived' : 'active'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
