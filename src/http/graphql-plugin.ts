import { type DocumentNode, type ExecutionResult, GraphQLError, NoSchemaIntrospectionCustomRule } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { GraphqlContext } from "../../schema/context.ts";
import { GRAPHQL_LIMITS } from "../../schema/limits.ts";
import type { Logger } from "../lib/log.ts";
import type { HttpContext } from "./graphql.ts";
import { checkCost, type Operation } from "./graphql-cost.ts";
import { KnownDocuments } from "./graphql-documents.ts";
import { checkVariables, cleanDocumentError, maskError } from "./graphql-errors.ts";
import { checkDocument, mutationsIn } from "./graphql-limits.ts";
import { type ConsoleDocuments, chooseDocument } from "./graphql-persisted.ts";
import { subscribeShared } from "./graphql-shared-events.ts";
import { type OpenSubscriptions, whileSignedIn } from "./graphql-subscriptions.ts";

interface GuardParts {
  readonly log: Logger;
  readonly open: OpenSubscriptions;
  /** Null: no console was built. */
  readonly documents: ConsoleDocuments | null;
}

/** What stands between a document and the resolvers, the same for HTTP, SSE and WebSocket. */
export function createGuardPlugin({
  log,
  open,
  documents: consoleDocuments,
}: GuardParts): Plugin<HttpContext, HttpContext> {
  const documents = new KnownDocuments();
  return {
    onParams({ params, context, setParams }) {
      // May still be anything that is JSON: yoga looks at it after this.
      if (typeof params !== "object" || params === null) return;
      const query = chooseDocument(params, consoleDocuments, context.mayRunAny) as string;
      if (query !== params.query) setParams({ ...params, query });
    },

    onParse({ context, setParseFn }) {
      setParseFn((source) => documents.parse(source));
      return ({ result, replaceParseResult }) => {
        if (result instanceof GraphQLError)
          replaceParseResult(cleanDocumentError(result, isStranger(context)) as never);
      };
    },

    onValidate({ context, params: { documentAST }, addValidationRule, setResult: answerEarly }) {
      const isAnonymous = isStranger(context);
      const refusal = attempt(() => checkDocument(documentAST, isAnonymous));
      if (refusal instanceof GraphQLError) {
        noteStranger(context, documentAST, refusal);
        return answerEarly([refusal]);
      }
      if (isAnonymous) addValidationRule(NoSchemaIntrospectionCustomRule);
      else if (documents.isValid(documentAST)) return answerEarly([]);
      return ({ result, valid, setResult }) => {
        if (valid && !isAnonymous) documents.noteValid(documentAST);
        setResult((result as GraphQLError[]).map((error) => cleanDocumentError(error, isAnonymous)));
      };
    },

    onExecute({ args, executeFn, setExecuteFn, setResultAndStopExecution }) {
      const cost = attempt(() => checkOperation(args as Operation));
      if (cost instanceof GraphQLError) {
        noteRefused(args.contextValue as GraphqlContext, args.document, cost);
        return setResultAndStopExecution({ errors: [cost] });
      }
      setExecuteFn((execution) => withinTime(executeFn(execution) as ExecutionResult | Promise<ExecutionResult>));
      const context = args.contextValue as GraphqlContext;
      return {
        onExecuteDone({ result, setResult }) {
          const masked = maskResult(result as ExecutionResult, context, log);
          setResult(withCost(masked, cost));
        },
      };
    },

    onSubscribe({ args, setSubscribeFn, setResultAndStopExecution }) {
      const context = args.contextValue as unknown as GraphqlContext;
      const cost = attempt(() => checkOperation(args as Operation));
      if (cost instanceof GraphQLError) return setResultAndStopExecution({ errors: [cost] });
      const giveBack = attempt(() => open.take(context));
      if (giveBack instanceof GraphQLError) return setResultAndStopExecution({ errors: [giveBack] });
      setSubscribeFn(subscribeShared);
      return {
        onSubscribeResult({ result, setResult }) {
          if (!(Symbol.asyncIterator in result)) {
            giveBack();
            return setResult(maskResult(result as ExecutionResult, context, log));
          }
          const masked = mapResults(result as AsyncIterable<ExecutionResult>, (one, isFirst) => {
            const clean = maskResult(one, context, log);
            return isFirst ? withCost(clean, cost) : clean;
          });
          setResult(whileSignedIn(masked, context, giveBack) as never);
        },
        onSubscribeError({ error, setError }) {
          giveBack();
          setError(maskError(error, context.requestId, log));
        },
      };
    },
  };
}

/** What strangers ask for does not come as far as the resolvers, behind which the audit log stands. */
function noteStranger(context: GraphqlContext, document: DocumentNode, refusal: GraphQLError) {
  if (isStranger(context) && refusal.extensions.code === "UNAUTHENTICATED") noteRefused(context, document, refusal);
}

/** Neither does what is malformed, or asks for too much. */
function noteRefused({ control, principal, address }: GraphqlContext, document: DocumentNode, refusal: GraphQLError) {
  for (const action of mutationsIn(document)) {
    control.audit.fold({ principal, address }, { action, outcome: "refused", code: String(refusal.extensions.code) });
  }
}

function isStranger({ principal }: GraphqlContext): boolean {
  return principal.kind === "anonymous";
}

function checkOperation(operation: Operation): number {
  checkVariables(operation);
  return checkCost(operation);
}

/** A refusal as a value; anything else that is thrown is a bug and goes on. */
function attempt<T>(check: () => T): T | GraphQLError {
  try {
    return check();
  } catch (error) {
    if (error instanceof GraphQLError) return error;
    throw error;
  }
}

function maskResult(result: ExecutionResult, context: GraphqlContext, log: Logger): ExecutionResult {
  if (result.errors === undefined) return result;
  return { ...result, errors: result.errors.map((error) => maskError(error, context.requestId, log)) };
}

function withCost(result: ExecutionResult, cost: number): ExecutionResult {
  return { ...result, extensions: { cost: { requested: cost, maximum: GRAPHQL_LIMITS.cost } } };
}

/** Not an async generator: one that waits does not hear `return` until the next result. */
function mapResults(
  results: AsyncIterable<ExecutionResult>,
  map: (result: ExecutionResult, isFirst: boolean) => ExecutionResult,
): AsyncIterableIterator<ExecutionResult> {
  const source = results[Symbol.asyncIterator]();
  let isFirst = true;
  return {
    async next() {
      const { done, value } = await source.next();
      if (done) return { done, value };
      const mapped = map(value, isFirst);
      isFirst = false;
      return { done: false, value: mapped };
    },
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function withinTime(result: ExecutionResult | Promise<ExecutionResult>): Promise<ExecutionResult> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<ExecutionResult>((resolve) => {
    timer = setTimeout(() => {
      const seconds = GRAPHQL_LIMITS.timeoutMs / 1000;
      const extensions = { code: "TIMEOUT", http: { status: 504 } };
      resolve({ errors: [new GraphQLError(`This took longer than ${seconds} s: ask for less.`, { extensions })] });
    }, GRAPHQL_LIMITS.timeoutMs);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}
