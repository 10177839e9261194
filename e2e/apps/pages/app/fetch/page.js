import { Calls } from '../../components/calls';

export default function FetchPage() {
  return (
    <>
      <h1>Calls</h1>
      <Calls />
    </>
  );
}
