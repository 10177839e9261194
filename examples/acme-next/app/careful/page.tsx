import { redirect } from 'next/navigation';

export default function CarefulPage() {
  redirect('/careful/documents');
}
