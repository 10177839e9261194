import { Suspense } from 'react';
import { released } from '../../components/latch';

export default async function StreamPage({ searchParams }) {
  const { key } = await searchParams;
  return (
    <>
      <h1 data-testid="first">first</h1>
      <Suspense fallback={<p data-testid="waiting">waiting</p>}>
        <Second latch={key} />
      </Suspense>
    </>
  );
}

async function Second({ latch }) {
  await released(latch);
  return <p data-testid="second">second</p>;
}
