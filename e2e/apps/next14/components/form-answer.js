// What `useActionState` was called before React 19.
export { useFormState as useFormAnswer } from 'react-dom';
