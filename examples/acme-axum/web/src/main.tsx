import { StrictMode, useCallback, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { createDocument } from "./actions.gen.js";
import type { CreateDocument } from "./actions.gen.js";
import { useOptimisticAction } from "./hooks.gen.js";
import { problemsOf } from "./runtime.gen.js";
import type { Failure } from "./runtime.gen.js";
import "./style.css";

type Item = { id: string; title: string; owner: string };

/** What a reader is told, by what can be done about it. */
function explanation(error: Failure): string | undefined {
  switch (error.kind) {
    case "validation":
      return error.form[0]?.message;
    case "unauthenticated":
      return "Your session has ended.";
    case "rate_limited":
      return `Too many tries: wait ${error.retryAfter ?? 1} seconds.`;
    case "app":
      return error.code;
    default:
      return error.message;
  }
}

function Documents() {
  const [documents, setDocuments] = useState<Item[]>([]);
  const [isSignedIn, setSignedIn] = useState(true);
  const load = useCallback(async () => {
    const response = await fetch("/app/documents.json");
    setSignedIn(response.status !== 401);
    if (response.ok) setDocuments(await response.json());
  }, []);
  useEffect(() => void load(), [load]);

  const [draft, setDraft] = useState<CreateDocument>({ title: "", body: "" });
  const creating = useOptimisticAction(createDocument, {
    currentState: documents,
    updateFn: (all, input) => [...all, { id: "", title: input.title, owner: "you" }],
    onSuccess: (created) => {
      setDocuments((all) => [...all, { id: created.id, title: created.title, owner: "you" }]);
      setDraft({ title: "", body: "" });
    },
    onError: (error) => setSignedIn(error.kind !== "unauthenticated"),
  });
  const title = problemsOf(creating.error, "title");
  const message = creating.error && explanation(creating.error);

  return (
    <main>
      <h1>Documents</h1>
      <ul>
        {creating.optimisticState.map((item) => (
          <li key={item.id || "new"} className={item.id ? "" : "pending"}>
            {item.id ? <a href={`/documents/${item.id}`}>{item.title}</a> : item.title} by {item.owner}
          </li>
        ))}
      </ul>
      {!isSignedIn && <p role="alert" className="error"><a href="/sign-in">Sign in</a> first.</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          creating.execute(draft);
        }}
      >
        <p>
          <label htmlFor="title">Title</label>
          <input id="title" value={draft.title} onChange={(event) => setDraft({ ...draft, title: event.target.value })} />
        </p>
        {title.map((problem) => (
          <p key={problem.code} role="alert" className="error">{problem.message}</p>
        ))}
        <p>
          <label htmlFor="body">Text</label>
          <textarea id="body" value={draft.body} onChange={(event) => setDraft({ ...draft, body: event.target.value })} />
        </p>
        {message && <p role="alert" className="error" data-kind={creating.error?.kind}>{message}</p>}
        <button disabled={creating.isPending}>{creating.isPending ? "Creating" : "Create"}</button>
        <button
          type="button"
          id="clear"
          onClick={() => {
            creating.reset();
            setDraft({ title: "", body: "" });
          }}
        >
          Clear
        </button>
      </form>
    </main>
  );
}

const root = document.getElementById("root");
if (root) createRoot(root).render(<StrictMode><Documents /></StrictMode>);
