import { z } from "zod";

// A strict Content Security Policy forbids what Zod would otherwise try: code from text.
z.config({ jitless: true });

/** What is wrong with one field. The message is English; translate by `code` and `params`. */
export type Problem = { code: string; message: string; params: Record<string, unknown> };

/** Why a call did not work. Look at `kind` first. */
export type Failure<Code extends string = string> =
  | { kind: "validation"; code: string; fields: Record<string, Problem[]>; form: Problem[]; requestId: string }
  | { kind: "app"; code: Code; params: Record<string, unknown>; requestId: string }
  | { kind: "rate_limited" | "unavailable"; code: string; message: string; retryAfter?: number; requestId: string }
  | {
      kind: "unauthenticated" | "step_up" | "denied" | "not_found" | "captcha" | "replayed" | "stale" | "malformed" | "internal";
      code: string;
      message: string;
      requestId: string;
    }
  | { kind: "network" | "aborted"; code: string; message: string; requestId: "" };

export type Result<Output, Code extends string = string> =
  | { ok: true; data: Output }
  | { ok: false; error: Failure<Code> };

export type CallOptions = {
  signal?: AbortSignal | undefined;
  /** Single use, from the page. */
  nonce?: string | undefined;
  /** The proof of the captcha widget. */
  captcha?: string | undefined;
  /** For a retry: the key of the first try. Without one each call has a key of its own. */
  idempotencyKey?: string | undefined;
  /** In place of the global one. */
  fetch?: typeof fetch | undefined;
};

export type ActionMeta = {
  readonly name: string;
  readonly nonce: boolean;
  readonly idempotent: boolean;
  readonly captcha: string | null;
  readonly secrets: readonly string[];
};

export interface Action<Input, Output, Code extends string = string> {
  (input: Input, options?: CallOptions): Promise<Result<Output, Code>>;
  readonly meta: ActionMeta;
  readonly url: string;
  /** The rules as far as a browser can know them. The server has the last word. */
  readonly schema: z.ZodType<Input>;
}

/** A text whose length is counted in characters, as the server counts. */
export function text(base: z.ZodType<string> & { regex?: unknown }, least: number, most: number) {
  return z.string().refine((value) => {
    const length = [...value].length;
    return length >= least && length <= most && base.safeParse(value).success;
  });
}

/** The problems of one field. Names come from the server, so only own keys count. */
export function problemsOf(error: Failure | undefined, field: string): Problem[] {
  if (error?.kind !== "validation") return [];
  const pointer = "/" + field.split(".").join("/");
  return Object.hasOwn(error.fields, pointer) ? (error.fields[pointer] ?? []) : [];
}

function failed<Code extends string>(kind: "network" | "aborted", message: string): Result<never, Code> {
  return { ok: false, error: { kind, code: kind, message, requestId: "" } };
}

function isResult(value: unknown): value is { ok: true; data: unknown } | { ok: false; error: { kind: string } } {
  if (typeof value !== "object" || value === null || !("ok" in value)) return false;
  if (value.ok === true) return "data" in value;
  return value.ok === false && "error" in value && typeof value.error === "object" && value.error !== null;
}

export function action<Input, Output, Code extends string>(
  meta: ActionMeta,
  schema: z.ZodType<Input>,
): Action<Input, Output, Code> {
  const url = `/_actions/${meta.name}`;
  const call = async (input: Input, options: CallOptions = {}): Promise<Result<Output, Code>> => {
    const headers = new Headers({ "content-type": "application/json", accept: "application/json" });
    if (options.nonce !== undefined) headers.set("x-portcullis-nonce", options.nonce);
    if (options.captcha !== undefined) headers.set("x-portcullis-captcha", options.captcha);
    if (meta.idempotent) headers.set("idempotency-key", options.idempotencyKey ?? crypto.randomUUID());
    const init: RequestInit = {
      method: "POST",
      headers,
      body: JSON.stringify(input),
      credentials: "same-origin",
      redirect: "error",
    };
    if (options.signal) init.signal = options.signal;
    try {
      const response = await (options.fetch ?? fetch)(url, init);
      const value: unknown = await response.json();
      if (!isResult(value)) return failed("network", "the answer is not understood");
      return value as Result<Output, Code>;
    } catch {
      return options.signal?.aborted
        ? failed("aborted", "the call was ended")
        : failed("network", "the server was not reached");
    }
  };
  return Object.assign(call, { meta, url, schema });
}
