import { type DocumentNode, type ExecutionArgs, type ExecutionResult, GraphQLError, type GraphQLSchema } from "graphql";
import type { Control } from "../control/control.ts";
import { ANONYMOUS, type Principal } from "../control/people/principal.ts";
import type { Logger } from "../lib/log.ts";
import type { HttpContext, Yoga } from "./graphql.ts";
import { maskError } from "./graphql-errors.ts";
import { type AskedDocument, type ConsoleDocuments, chooseDocument } from "./graphql-persisted.ts";

export interface OperationParts {
  readonly control: Control;
  readonly yoga: Yoga;
  readonly log: Logger;
  readonly documents: ConsoleDocuments | null;
}

/** Who opened the line that the operation came over. */
export interface LineOwner {
  readonly principal: Principal;
  readonly address: string;
  readonly mayRunAny: boolean;
}

interface AskedOperation extends AskedDocument {
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

/** What is run with comes from yoga: limits, masking and the session's watch are its plugin's. */
export interface PreparedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | null | undefined;
  readonly variableValues: Record<string, unknown> | null | undefined;
  readonly contextValue: object;
  readonly execute: (args: ExecutionArgs) => Promise<ExecutionResult>;
  readonly subscribe: (args: ExecutionArgs) => Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>>;
}

/** For lines that carry many operations (WebSocket, single-connection SSE): parsed and validated as one that came alone. */
export async function prepareOperation(
  { control, yoga, log, documents }: OperationParts,
  owner: LineOwner,
  asked: AskedOperation,
): Promise<PreparedOperation | readonly GraphQLError[]> {
  // A line outlives changes of what its owner may do.
  const principal = control.access.current(owner.principal) ?? ANONYMOUS;
  const requestId = crypto.randomUUID();
  const context: HttpContext = { ...owner, control, principal, userAgent: "", requestId, named: [], cookies: null };
  const { schema, parse, validate, execute, subscribe, contextFactory } = yoga.getEnveloped(context);
  try {
    const text = chooseDocument(asked, documents, owner.mayRunAny);
    if (typeof text !== "string") {
      throw new GraphQLError("Must provide query string.", { extensions: { code: "BAD_REQUEST" } });
    }
    const document = parse(text);
    const errors = validate(schema, document) as readonly GraphQLError[];
    if (errors.length > 0) return errors;
    const contextValue = (await contextFactory()) as object;
    const { operationName, variables: variableValues } = asked;
    return { schema, document, operationName, variableValues, contextValue, execute, subscribe };
  } catch (error) {
    return [maskError(error, requestId, log)];
  }
}
