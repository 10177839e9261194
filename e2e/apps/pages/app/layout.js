import Link from 'next/link';

export const metadata = { title: 'Fixture' };

export default function RootLayout({ children }) {
  return (
    <html lang="en">
      <body>
        <nav>
          {['/', '/fetch', '/forms', '/upload', '/linked/1', '/linked/2'].map((path) => (
            <Link key={path} href={path} data-testid={`nav-${path}`}>
              {path}
            </Link>
          ))}
        </nav>
        {children}
      </body>
    </html>
  );
}

// Only a page that is rendered on each request shows what a proxy does to requests.
export const dynamic = 'force-dynamic';
