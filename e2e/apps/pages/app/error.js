'use client';

export default function ErrorPage({ error, reset }) {
  return (
    <main>
      <h1 data-testid="boundary">caught by the boundary</h1>
      <p data-testid="digest">{error.digest}</p>
      <p data-testid="error-name">{error.name}</p>
      <button onClick={reset}>again</button>
    </main>
  );
}
