import { UploadForm } from '../../components/upload-form';

export default function UploadPage() {
  return (
    <>
      <h1>Upload</h1>
      <UploadForm />
    </>
  );
}
