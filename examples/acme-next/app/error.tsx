'use client';

export default function ErrorPage({ reset }: { error: Error; reset: () => void }) {
  return (
    <main data-testid="error-page">
      <h1>Something went wrong</h1>
      <button onClick={reset}>Try again</button>
    </main>
  );
}
