// Next.js 15 and later; the fixture of 14 has a file of its own in this place.
export { useActionState as useFormAnswer } from 'react';
