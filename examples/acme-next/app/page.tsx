import Link from 'next/link';

const accounts = [
  ['olivia@acme.test', 'olivia-password-1', 'owner of Acme'],
  ['eddie@acme.test', 'eddie-password-1', 'editor in Acme'],
  ['victor@acme.test', 'victor-password-1', 'viewer in Acme'],
  ['gina@globex.test', 'gina-password-1', 'owner of Globex'],
];

export default function HomePage() {
  return (
    <main>
      <h1>Acme</h1>
      <p>Documents, a team and its billing: one small application whose Server Actions exist twice.</p>
      <div className="columns">
        <section className="careless">
          <h2>Careless</h2>
          <p>Each action has a flaw that is common in real projects. The pages look just as safe.</p>
          <Link href="/careless/documents" data-testid="open-careless">
            Open the careless half
          </Link>
        </section>
        <section className="careful">
          <h2>Careful</h2>
          <p>The same features: who calls, what they may do, and what they send is checked in the action.</p>
          <Link href="/careful/documents" data-testid="open-careful">
            Open the careful half
          </Link>
        </section>
      </div>
      <h2>Demo accounts</h2>
      <table data-testid="accounts">
        <thead>
          <tr>
            <th>E-mail</th>
            <th>Password</th>
            <th>Who</th>
          </tr>
        </thead>
        <tbody>
          {accounts.map(([email, password, who]) => (
            <tr key={email}>
              <td>{email}</td>
              <td>
                <code>{password}</code>
              </td>
              <td>{who}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </main>
  );
}
