import { type Accessor, createEffect, createSignal, on, onCleanup, untrack } from "solid-js";
import { createStore, produce, reconcile } from "solid-js/store";
import { execute } from "./client.ts";
import type { ApiError } from "./errors.ts";
import type { Document } from "./graphql.ts";
import { session, sessionEpoch } from "./session.ts";
import { writes } from "./writes.ts";

export interface Query<Data> {
  /** The last answer; stays while a newer one is on its way. Fine-grained: rows keep their identity by `id`. */
  readonly data: Accessor<Data | undefined>;
  readonly error: Accessor<ApiError | undefined>;
  readonly loading: Accessor<boolean>;
  refetch(): Promise<void>;
  /** Changes the answer in place, from a live event. */
  update(change: (data: Data) => void): void;
  /** Something is known now that an answer which is on its way may not know yet: it is asked for anew. */
  outdate(): void;
}

/** The last answers of this page's life: coming back to a page shows it at once, and the fresh answer then replaces it. */
const MEMORY_SIZE = 40;
const memory = new Map<string, unknown>();

/**
 * Asks again whenever `variables` changes, somebody signs in or this page has changed something; asks nothing while `variables` is
 * null. `onData` sees each answer that is shown.
 */
export function createQuery<Data, Variables>(
  document: Document<Data, Variables>,
  variables: Accessor<Variables | null>,
  onData: (data: Data) => void = () => {},
): Query<Data> {
  const [store, setStore] = createStore<{ data: Data | undefined }>({ data: undefined });
  const [error, setError] = createSignal<ApiError>();
  const [loading, setLoading] = createSignal(false);
  let latest = 0;
  let isOutdated = false;
  onCleanup(() => latest++);

  const show = (data: Data) => {
    // The store takes its argument over: whoever listens gets a copy of his own.
    onData(structuredClone(data));
    setStore("data", reconcile(data as never, { key: "id" }));
  };

  async function ask(values: Variables, isAgain = false): Promise<void> {
    const turn = ++latest;
    const key = memoryKey(document, values);
    const writesBefore = untrack(writes);
    isOutdated = false;
    setLoading(true);
    const answer = await execute(document, values);
    if (turn !== latest) return;
    const isBeforeWrite = writes() !== writesBefore;
    // It would take back what is shown already. The second one is shown all the same: events may come faster than answers.
    if ((isOutdated || isBeforeWrite) && !isAgain) return ask(values, true);
    setLoading(false);
    if (answer.ok) {
      remember(key, structuredClone(answer.data));
      show(answer.data);
      setError(undefined);
    } else setError(answer.error);
    // Many changes in a row, of which the last one has to be seen.
    if (isBeforeWrite) void ask(values, true);
  }

  createEffect(
    on([() => JSON.stringify(variables()), sessionEpoch, session], ([, , state]) => {
      const values = variables();
      if (values === null || state !== "active") return;
      const known = memory.get(memoryKey(document, values));
      if (known !== undefined) show(structuredClone(known) as Data);
      void ask(values);
    }),
  );

  async function refetch(): Promise<void> {
    const values = variables();
    if (values !== null) await ask(values);
  }
  // A question that is under way sees to it itself: so a hundred changes in a row are not a hundred questions.
  createEffect(on(writes, () => void (loading() || refetch()), { defer: true }));

  return {
    data: () => store.data,
    error,
    loading,
    refetch,
    outdate() {
      isOutdated = true;
    },
    update(change) {
      isOutdated = true;
      if (store.data === undefined) return;
      setStore(
        "data",
        produce((data) => change(data as Data)),
      );
    },
  };
}

/** Documents are told apart by who they are: gql.tada's carry no text. */
const numbers = new WeakMap<Document, number>();
let nextNumber = 0;

function memoryKey(document: Document, variables: unknown): string {
  const number = numbers.get(document) ?? nextNumber++;
  numbers.set(document, number);
  return `${number}|${JSON.stringify(variables)}`;
}

function remember(key: string, data: unknown): void {
  memory.delete(key);
  memory.set(key, data);
  const [oldest] = memory.keys();
  if (memory.size > MEMORY_SIZE && oldest !== undefined) memory.delete(oldest);
}
