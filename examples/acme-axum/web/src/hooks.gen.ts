"use client";
// Generated from the actions of the server by portcullis-actions. Changes here are lost.
import { useCallback, useEffect, useOptimistic, useReducer, useRef, useTransition } from "react";
import type { FormEvent } from "react";
import type { Action, CallOptions, Failure, Result } from "./runtime.gen.js";

/** One state for all hooks: what the newest call came to. Answers of older calls are dropped by their number. */
export type ActionState<Output, Code extends string> = {
  status: "idle" | "executing" | "succeeded" | "failed";
  data: Output | undefined;
  error: Failure<Code> | undefined;
  call: number;
};

type Event<Output, Code extends string> =
  | { type: "started"; call: number }
  | { type: "ended"; call: number; result: Result<Output, Code> }
  | { type: "reset"; call: number };

export function reduce<Output, Code extends string>(
  state: ActionState<Output, Code>,
  event: Event<Output, Code>,
): ActionState<Output, Code> {
  if (event.type === "started") return { ...state, status: "executing", error: undefined, call: event.call };
  if (event.type === "reset") return { status: "idle", data: undefined, error: undefined, call: event.call };
  if (event.call !== state.call) return state;
  return event.result.ok
    ? { ...state, status: "succeeded", data: event.result.data, error: undefined }
    : { ...state, status: "failed", error: event.result.error };
}

export type Callbacks<Input, Output, Code extends string> = {
  onExecute?: (input: Input) => void;
  onSuccess?: (data: Output, input: Input) => void;
  onError?: (error: Failure<Code>, input: Input) => void;
  onSettled?: (result: Result<Output, Code>, input: Input) => void;
  initResult?: Result<Output, Code>;
};

function first<Output, Code extends string>(result: Result<Output, Code> | undefined): ActionState<Output, Code> {
  if (!result) return { status: "idle", data: undefined, error: undefined, call: 0 };
  return result.ok
    ? { status: "succeeded", data: result.data, error: undefined, call: 0 }
    : { status: "failed", data: undefined, error: result.error, call: 0 };
}

export function useAction<Input, Output, Code extends string>(
  action: Action<Input, Output, Code>,
  callbacks: Callbacks<Input, Output, Code> = {},
) {
  const [state, dispatch] = useReducer(reduce<Output, Code>, callbacks.initResult, first<Output, Code>);
  const newest = useRef(0);
  const running = useRef<AbortController | null>(null);
  const latest = useRef(callbacks);
  useEffect(() => {
    latest.current = callbacks;
  });
  useEffect(() => () => running.current?.abort(), []);

  const execute = useCallback(
    async (input: Input, options: CallOptions = {}): Promise<Result<Output, Code>> => {
      const call = ++newest.current;
      const controller = new AbortController();
      running.current = controller;
      const signal = options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal;
      dispatch({ type: "started", call });
      latest.current.onExecute?.(input);
      const result = await action(input, { ...options, signal });
      dispatch({ type: "ended", call, result });
      if (call === newest.current) {
        if (result.ok) latest.current.onSuccess?.(result.data, input);
        else latest.current.onError?.(result.error, input);
        latest.current.onSettled?.(result, input);
      }
      return result;
    },
    [action],
  );
  const abort = useCallback(() => running.current?.abort(), []);
  const reset = useCallback(() => {
    running.current?.abort();
    dispatch({ type: "reset", call: ++newest.current });
  }, []);
  return { ...state, isPending: state.status === "executing", execute, abort, reset };
}

export function useOptimisticAction<Input, Output, Code extends string, State>(
  action: Action<Input, Output, Code>,
  options: Callbacks<Input, Output, Code> & {
    currentState: State;
    updateFn: (state: State, input: Input) => State;
  },
) {
  const called = useAction(action, options);
  const [optimisticState, apply] = useOptimistic(options.currentState, options.updateFn);
  const [isTransitioning, start] = useTransition();
  const { execute: run } = called;
  const execute = useCallback(
    (input: Input, callOptions?: CallOptions) =>
      start(async () => {
        apply(input);
        await run(input, callOptions);
      }),
    [apply, run],
  );
  return { ...called, execute, optimisticState, isPending: called.isPending || isTransitioning };
}

/**
 * Props for a `<form>`. Without scripts the browser sends the form to the action by itself; with them the same call is
 * made in place, and the fields keep what was typed.
 */
export function useStateAction<Input, Output, Code extends string>(
  action: Action<Input, Output, Code>,
  read: (form: FormData) => Input,
  callbacks: Callbacks<Input, Output, Code> = {},
) {
  const called = useAction(action, callbacks);
  const { execute } = called;
  const onSubmit = useCallback(
    (event: FormEvent<HTMLFormElement>) => {
      event.preventDefault();
      const form = new FormData(event.currentTarget);
      const text = (name: string) => {
        const value = form.get(name);
        return typeof value === "string" && value !== "" ? value : undefined;
      };
      void execute(read(form), {
        nonce: text("portcullis_nonce"),
        captcha:
          text("portcullis_captcha") ??
          text("cf-turnstile-response") ??
          text("h-captcha-response") ??
          text("g-recaptcha-response"),
        idempotencyKey: text("portcullis_key"),
      });
    },
    [execute, read],
  );
  return { ...called, formProps: { action: action.url, method: "post" as const, onSubmit } };
}
