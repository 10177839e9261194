export default async function LandedPage({ searchParams }) {
  const { by } = await searchParams;
  return <h1 data-testid="landed">landed by {by}</h1>;
}
