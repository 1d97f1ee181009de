import { type ExecutionResult, GraphQLError } from "graphql";
import type { GraphqlContext } from "../../schema/context.ts";
import { unauthenticated } from "../../schema/guard.ts";
import { GRAPHQL_LIMITS } from "../../schema/limits.ts";
import { principalKey } from "../control/principal.ts";

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
 * The same results for as long as the session lives: then one last error and the end. Its `return` reaches the source at once,
 * also while a result is awaited.
 */
export function whileSignedIn(
  results: AsyncIterable<ExecutionResult>,
  context: GraphqlContext,
  onEnd: () => void,
): AsyncIterableIterator<ExecutionResult> {
  const source = results[Symbol.asyncIterator]();
  const { access } = context.control;
  let isOver = false;
  let expire = (_: IteratorResult<ExecutionResult>) => {};
  const expired = new Promise<IteratorResult<ExecutionResult>>((resolve) => {
    expire = resolve;
  });
  const timer = setInterval(() => {
    if (!access.isStillValid(context.principal)) expire({ done: false, value: { errors: [unauthenticated()] } });
  }, RECHECK_MS);
  const end = async () => {
    if (isOver) return;
    isOver = true;
    clearInterval(timer);
    onEnd();
    await source.return?.();
  };
  return {
    async next() {
      if (isOver) return { done: true, value: undefined };
      try {
        const result = await Promise.race([source.next(), expired]);
        const isLast = result.done || (result.value.errors !== undefined && !access.isStillValid(context.principal));
        if (isLast) await end();
        return result;
      } catch (error) {
        await end();
        throw error;
      }
    },
    async return() {
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
