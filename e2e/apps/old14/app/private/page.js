export default function PrivatePage() {
  return <p>for members only</p>;
}
