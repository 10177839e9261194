export default function NotFound() {
  return <h1 data-testid="not-found">there is nothing here</h1>;
}
