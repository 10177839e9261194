export default async function LinkedPage({ params }) {
  const { number } = await params;
  return <h1 data-testid="linked">page {number}</h1>;
}
