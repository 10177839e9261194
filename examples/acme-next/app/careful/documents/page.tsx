import { ActionForm } from '@/components/action-form';
import { DocumentTable } from '@/components/document-table';
import { ExportButton } from '@/components/export-button';
import { Field } from '@/components/field';
import { SearchBox } from '@/components/search-box';
import { inTeam } from '@/lib/page';
import { teamDocuments } from '@/lib/queries';
import { atLeast } from '@/lib/roles';
import { createDocument, exportDocuments, searchDocuments } from '../actions/documents';

export const metadata = { title: 'Documents' };

export default async function DocumentsPage() {
  const { membership } = await inTeam('careful', '/careful/documents');
  const rows = await teamDocuments(membership.teamId);
  return (
    <>
      <h1>Documents of {membership.teamName}</h1>
      <SearchBox half="careful" search={searchDocuments} />
      <DocumentTable half="careful" rows={rows} />
      {atLeast(membership.role, 'editor') && (
        <>
          <h2>New document</h2>
          <ActionForm id="create-document" action={createDocument} submit="Create">
            <Field form="create-document" name="title" label="Title" required />
            <Field form="create-document" name="body" label="Text" rows={4} />
          </ActionForm>
        </>
      )}
      <h2>Export</h2>
      <ExportButton load={exportDocuments} />
    </>
  );
}
