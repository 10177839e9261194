// The generated client as an application uses it: that it type-checks, and what it does with answers.
import assert from "node:assert/strict";
import { buy, deleteAction, once, pay, write, WriteSchema } from "./actions.gen.js";
import { reduce, useAction, useOptimisticAction, useStateAction } from "./hooks.gen.js";
import { problemsOf } from "./runtime.gen.js";

const note = { text: "hello", tags: ["a"], pinned: false };

function fetching(status: number, body: unknown) {
  const calls: { url: string; init: RequestInit }[] = [];
  const fake: typeof fetch = async (url, init) => {
    calls.push({ url: String(url), init: init ?? {} });
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
  };
  return { fetch: fake, calls };
}

// Types.
const result = await write(note, fetching(200, { ok: true, data: { id: "n1", text: "hello" } }));
assert.ok(result.ok && result.data.id === "n1");
// @ts-expect-error a field is missing
void (() => write({ tags: [], pinned: true }));
// @ts-expect-error a field has another type
void (() => write({ ...note, text: { $ne: null } }));
// @ts-expect-error there is no such field
void (() => write({ ...note, role: "admin" }));
// @ts-expect-error a number is no sealed value
void (() => buy({ price: 1 }));
void deleteAction;

// Schemas have the rules of the server.
assert.ok(WriteSchema.safeParse({ ...note, text: "😀".repeat(20), stars: null }).success);
for (const wrong of [{ text: "" }, { text: "x".repeat(21) }, { stars: 6 }, { stars: 1.5 }, { role: "admin" }, { tags: [1] }]) {
  assert.ok(!WriteSchema.safeParse({ ...note, ...wrong }).success, JSON.stringify(wrong));
}

// What is sent.
const plain = fetching(200, { ok: true, data: { id: "1", text: "" } });
await once({}, { nonce: "n", captcha: "h", fetch: plain.fetch });
await pay({}, { idempotencyKey: "k", fetch: plain.fetch });
await pay({}, { fetch: plain.fetch });
const header = (index: number, name: string) => new Headers(plain.calls[index]?.init.headers).get(name);
assert.equal(plain.calls[0]?.url, "/_actions/once");
assert.equal(plain.calls[0]?.init.method, "POST");
assert.equal(header(0, "x-portcullis-nonce"), "n");
assert.equal(header(0, "x-portcullis-captcha"), "h");
assert.equal(header(0, "idempotency-key"), null);
assert.equal(header(1, "idempotency-key"), "k");
assert.match(header(2, "idempotency-key") ?? "", /^[0-9a-f-]{36}$/);

// Errors: prototype keys are as harmless here as on the server.
const hostile = '{"ok":false,"error":{"kind":"validation","code":"schema.invalid","requestId":"r","form":[],' +
  '"fields":{"/__proto__":[{"code":"x","message":"","params":{}}],"__proto__":{"/text":[{"code":"y","message":"","params":{}}]}}}}';
const refused = await write(note, fetching(422, hostile));
assert.ok(!refused.ok && refused.error.kind === "validation");
assert.equal(({} as Record<string, unknown>)["/text"], undefined);
assert.deepEqual(problemsOf(refused.error, "text"), []);
assert.deepEqual(problemsOf(refused.error, "constructor"), []);
assert.equal(problemsOf(refused.error, "__proto__")[0]?.code, "x");
if (refused.error.kind !== "validation") throw new Error();

const app = await write(note, fetching(409, { ok: false, error: { kind: "app", code: "too_many", params: { most: 3 }, requestId: "r" } }));
assert.ok(!app.ok && app.error.kind === "app");
// @ts-expect-error the codes are known
void (app.error.code === "unknown_code");
for (const body of ["<html>", "null", "1", '{"ok":1}', '{"ok":true}', '{"ok":false,"error":null}']) {
  const answer = await write(note, fetching(200, body));
  assert.ok(!answer.ok && answer.error.kind === "network", body);
}

// Abort.
const controller = new AbortController();
const pending = write(note, {
  signal: controller.signal,
  fetch: (_, init) => new Promise((_, no) => init?.signal?.addEventListener("abort", () => no(new Error("aborted")))),
});
controller.abort();
const aborted = await pending;
assert.ok(!aborted.ok && aborted.error.kind === "aborted");

// The reducer of the hooks: only the newest call counts.
type State = Parameters<typeof reduce<string, string>>[0];
const idle: State = { status: "idle", data: undefined, error: undefined, call: 0 };
const second = reduce(reduce(idle, { type: "started", call: 1 }), { type: "started", call: 2 });
const late = reduce(second, { type: "ended", call: 1, result: { ok: true, data: "old" } });
assert.deepEqual(late, second);
assert.equal(reduce(late, { type: "ended", call: 2, result: { ok: true, data: "new" } }).data, "new");
const afterReset = reduce(second, { type: "reset", call: 3 });
assert.equal(reduce(afterReset, { type: "ended", call: 2, result: { ok: true, data: "late" } }).status, "idle");

// The hooks' types.
export function Component() {
  const writing = useAction(write, { onSuccess: (data) => data.id.length, onError: (error) => error.kind });
  const optimistic = useOptimisticAction(write, { currentState: [] as string[], updateFn: (all, input) => [...all, input.text] });
  const form = useStateAction(write, (data) => ({ ...note, text: String(data.get("text")) }));
  void writing.execute(note);
  return [writing.isPending, optimistic.optimisticState, form.formProps.method];
}
console.log("checked");
