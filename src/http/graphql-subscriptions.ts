import { type ExecutionResult, GraphQLError } from "graphql";
import type { GraphqlContext } from "../../schema/context.ts";
import { unauthenticated } from "../../schema/guard.ts";
import { GRAPHQL_LIMITS } from "../../schema/limits.ts";
import { principalKey } from "../control/people/principal.ts";

/** How soon a session that has ended closes the subscriptions it opened. */
const RECHECK_MS = 5000;

/** Open subscriptions by visitor, over whatever transport. */
export class OpenSubscriptions {
  readonly #open = new Map<string, number>();

  /** Throws when this visitor has as many as he may; else returns the function that gives the place back. */
  take(context: GraphqlContext): () => void {
    const visitor = principalKey(context.principal);
    const count = this.#open.get(visitor) ?? 0;
    if (count >= GRAPHQL_LIMITS.subscriptions) {
      throw new GraphQLError(`At most ${GRAPHQL_LIMITS.subscriptions} subscriptions at once.`, {
        extensions: { code: "LIMIT_EXCEEDED", http: { status: 429 } },
      });
    }
    this.#open.set(visitor, count + 1);
    let isGiven = false;
    return () => {
      if (isGiven) return;
      isGiven = true;
      const left = (this.#open.get(visitor) ?? 1) - 1;
      if (left === 0) this.#open.delete(visitor);
      else this.#open.set(visitor, left);
    };
  }
}

/**
 * The same results for as long as the session lives: then one last error and the end, at once when somebody takes the session away.
 * Its `return` reaches the source at once, also while a result is awaited. Nothing here outlives the result it waits for: a race with
 * a promise that stays open for the life of the subscription would keep every result that was ever sent.
 */
export function whileSignedIn(
  results: AsyncIterable<ExecutionResult>,
  context: GraphqlContext,
  onEnd: () => void,
): AsyncIterableIterator<ExecutionResult> {
  const source = results[Symbol.asyncIterator]();
  const { access } = context.control;
  let isOver = false;
  /** The last word, until it has been read. */
  let farewell: ExecutionResult | null = null;
  /** Ends the waiting of `next`. */
  let interrupt = () => {};

  const end = async () => {
    if (isOver) return;
    isOver = true;
    clearInterval(timer);
    stopListening();
    onEnd();
    await source.return?.();
  };
  const check = () => {
    if (isOver || access.isStillValid(context.principal)) return;
    farewell = { errors: [unauthenticated()] };
    // Also when nobody reads any more: what it holds is given back now.
    end().catch(() => {});
    interrupt();
  };
  const timer = setInterval(check, RECHECK_MS);
  const stopListening = access.directory.onChange(check);

  const last = (): IteratorResult<ExecutionResult> => {
    const value = farewell;
    farewell = null;
    return value === null ? { done: true, value: undefined } : { done: false, value };
  };
  return {
    next() {
      if (isOver) return Promise.resolve(last());
      return new Promise((resolve, reject) => {
        interrupt = () => resolve(last());
        source.next().then(
          (result) => {
            interrupt = () => {};
            if (result.done) void end().catch(() => {});
            resolve(result);
          },
          (error: unknown) => {
            interrupt = () => {};
            void end().catch(() => {});
            reject(error);
          },
        );
      });
    },
    async return() {
      farewell = null;
      await end();
      return { done: true, value: undefined };
    },
    async throw(error) {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
