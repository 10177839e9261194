'use client';

import { useState, useTransition } from 'react';

export function ExportButton({ load }: { load: () => Promise<string | null> }) {
  const [json, setJson] = useState<string | null>(null);
  const [pending, startTransition] = useTransition();
  return (
    <div>
      <button
        type="button"
        disabled={pending}
        data-testid="export-submit"
        onClick={() => startTransition(async () => setJson((await load()) ?? 'Nothing to export.'))}
      >
        Export as JSON
      </button>
      {json && <pre data-testid="export-result">{json}</pre>}
    </div>
  );
}
