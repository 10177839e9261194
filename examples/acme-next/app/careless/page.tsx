import { redirect } from 'next/navigation';

export default function CarelessPage() {
  redirect('/careless/documents');
}
