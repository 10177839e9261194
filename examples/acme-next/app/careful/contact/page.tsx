import { ContactForm } from '@/components/forms';
import { sendContactMessage } from '../actions/contact';

export const metadata = { title: 'Contact' };

export default function ContactPage() {
  return <ContactForm action={sendContactMessage} />;
}
