import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  executeRootSelectionSet,
  mapSourceToResponseEvent,
  type ValidatedExecutionArgs,
  validateSubscriptionArgs,
} from "graphql";
import type { GraphqlContext } from "../../schema/context.ts";

type Results = Map<string, ExecutionResult | Promise<ExecutionResult>>;

/** By event, then by document and the rest that decides the answer. */
const shared = new WeakMap<object, WeakMap<object, Results>>();

/**
 * graphql's `subscribe`, but an event that is handed to many subscribers is worked out once for all of them that ask the same with
 * the same rights: a thousand consoles that watch the live numbers cost one execution, not a thousand. Nothing that two people with
 * equal scopes would see differently may therefore hang on a shared event object.
 */
export async function subscribeShared(args: ExecutionArgs): Promise<AsyncIterable<ExecutionResult> | ExecutionResult> {
  const validated = validateSubscriptionArgs(args);
  if (!("schema" in validated)) return { errors: validated };
  const source = await createSourceEventStream(validated);
  if (!(Symbol.asyncIterator in source)) return source;
  const key = keyOf(args);
  return mapSourceToResponseEvent(validated, source, (execution) => executeOnce(execution, key));
}

function executeOnce(execution: ValidatedExecutionArgs, key: string): ExecutionResult | Promise<ExecutionResult> {
  const event = execution.rootValue;
  if (typeof event !== "object" || event === null) return executeRootSelectionSet(execution);
  const results = resultsOf(event, execution.operation);
  let result = results.get(key);
  if (result === undefined) {
    result = executeRootSelectionSet(execution);
    results.set(key, result);
  }
  return result;
}

function resultsOf(event: object, operation: object): Results {
  const byOperation = shared.get(event) ?? new WeakMap<object, Results>();
  const results = byOperation.get(operation) ?? new Map();
  byOperation.set(operation, results);
  shared.set(event, byOperation);
  return results;
}

function keyOf({ variableValues, contextValue }: ExecutionArgs): string {
  const { principal } = contextValue as GraphqlContext;
  return `${[...principal.scopes].sort().join(" ")} ${JSON.stringify(variableValues ?? {})}`;
}
