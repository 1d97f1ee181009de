import { type Accessor, createEffect, on, onCleanup } from "solid-js";
import { ApiError, fromGraphQLErrors } from "./errors.ts";
import type { Document } from "./graphql.ts";
import { noteOutdated } from "./outdated.ts";
import { hashOf } from "./persisted.ts";
import { noteUnauthenticated, session, sessionEpoch } from "./session.ts";
import { connection, noteIdle, noteLost, socket } from "./socket.ts";

export interface LiveOptions<Data, Variables> {
  readonly document: Document<Data, Variables>;
  /** Null: nothing is watched. A change starts anew, without a cursor. */
  readonly variables: Accessor<Omit<Variables, "after"> | null>;
  /** The event's cursor; undefined for subscriptions that always open with a snapshot. */
  readonly cursor?: (data: Data) => string;
  readonly onData: (data: Data) => void;
  /** The line is (again) open and no event has brought a cursor yet: what happened meanwhile has to be asked for. */
  readonly onGap?: () => void;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
/** After the line is back, until its subscriptions have surely begun. */
const SUBSCRIBED_MS = 250;
let watchers = 0;

/**
 * Watches a subscription for as long as the caller's component lives. When the line is cut it connects again, later each
 * time, and goes on from the last cursor, so that nothing is missed or shown twice.
 */
export function createLive<Data, Variables>(options: LiveOptions<Data, Variables>): void {
  let position: Position = { after: undefined };
  createEffect(
    on([() => JSON.stringify(options.variables()), sessionEpoch, session], ([, , state]) => {
      const variables = options.variables();
      position = { after: undefined };
      if (variables === null || state !== "active") return;
      onCleanup(watch(options, { ...variables }, position));
    }),
  );
  createEffect(
    on(connection, (state, before) => {
      // Not only after a cut: when the page's first answer was there before its line, something may lie between them.
      if (before === undefined || before === "open" || state !== "open" || position.after !== undefined) return;
      const timer = setTimeout(() => options.onGap?.(), SUBSCRIBED_MS);
      onCleanup(() => clearTimeout(timer));
    }),
  );
}

/** How far a subscription has come. */
interface Position {
  after: string | undefined;
}

/** Returns the function that ends it. */
function watch<Data, Variables>(
  options: LiveOptions<Data, Variables>,
  variables: Readonly<Record<string, unknown>>,
  position: Position,
): () => void {
  const extensions = hashOf(options.document);
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let end = () => {};
  let ended = false;

  const start = () => {
    timer = undefined;
    end = socket().subscribe<Data>(
      {
        query: "",
        extensions,
        variables: position.after === undefined ? variables : { ...variables, after: position.after },
      },
      {
        next(result) {
          if (result.errors || !result.data) return fail(fromGraphQLErrors(result.errors ?? []));
          failures = 0;
          position.after = options.cursor?.(result.data) ?? position.after;
          options.onData(result.data);
        },
        error: (cause) => fail(toError(cause)),
        complete: () => fail(),
      },
    );
  };
  const fail = (error?: ApiError) => {
    if (ended) return;
    if (error?.kind === "unauthenticated") return noteUnauthenticated();
    if (error?.kind === "outdated") return noteOutdated();
    if (error?.kind === "forbidden") return;
    if (error?.kind === "unreachable") noteLost();
    const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++) * (0.75 + Math.random() / 2);
    clearTimeout(timer);
    timer = setTimeout(start, delay);
  };
  const retryNow = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    start();
  };

  const retryWhenSeen = () => document.visibilityState === "visible" && retryNow();
  window.addEventListener("online", retryNow);
  document.addEventListener("visibilitychange", retryWhenSeen);
  watchers++;
  start();
  return () => {
    ended = true;
    if (--watchers === 0) noteIdle();
    clearTimeout(timer);
    window.removeEventListener("online", retryNow);
    document.removeEventListener("visibilitychange", retryWhenSeen);
    end();
  };
}

/** Codes 4401 and 4403: the server's protocol for "not signed in" and "not allowed". */
function toError(cause: unknown): ApiError {
  if (cause instanceof CloseEvent) {
    if (cause.code === 4401) return new ApiError("unauthenticated", cause.reason);
    if (cause.code === 4403) return new ApiError("unauthenticated", cause.reason);
    return new ApiError("unreachable", cause.reason);
  }
  return Array.isArray(cause) ? fromGraphQLErrors(cause) : new ApiError("unreachable", String(cause));
}
