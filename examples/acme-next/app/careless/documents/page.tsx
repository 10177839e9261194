import { DocumentTable } from '@/components/document-table';
import { ExportButton } from '@/components/export-button';
import { Field } from '@/components/field';
import { PlainForm } from '@/components/plain-form';
import { SearchBox } from '@/components/search-box';
import { inTeam } from '@/lib/page';
import { teamDocuments } from '@/lib/queries';
import { createDocument, exportDocuments, searchDocuments } from '../actions/documents';

export const metadata = { title: 'Documents' };

export default async function DocumentsPage() {
  const { membership } = await inTeam('careless', '/careless/documents');
  const rows = await teamDocuments(membership.teamId);
  return (
    <>
      <h1>Documents of {membership.teamName}</h1>
      <SearchBox half="careless" search={searchDocuments} />
      <DocumentTable half="careless" rows={rows} />
      <h2>New document</h2>
      <PlainForm id="create-document" action={createDocument.bind(null, membership.teamId)} submit="Create">
        <Field form="create-document" name="title" label="Title" required />
        <Field form="create-document" name="body" label="Text" rows={4} />
      </PlainForm>
      <h2>Export</h2>
      <ExportButton load={exportDocuments.bind(null, membership.teamId)} />
    </>
  );
}
