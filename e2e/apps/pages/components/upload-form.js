'use client';

import { receive } from '../app/actions';
import { useFormAnswer } from './form-answer';

export function UploadForm() {
  const [told, action] = useFormAnswer(receive, 'nothing yet');
  return (
    <form action={action}>
      <input name="title" data-testid="upload-title" />
      <input name="files" type="file" multiple data-testid="upload-files" />
      <button data-testid="upload-submit">send</button>
      <p data-testid="received">{told}</p>
    </form>
  );
}
