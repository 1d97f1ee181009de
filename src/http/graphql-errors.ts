import {
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getOperationAST,
  type TypeNode,
  typeFromAST,
  validateInputValue,
} from "graphql";
import { GatewayError, Outage } from "../errors.ts";
import { errorText, type Logger } from "../lib/log.ts";
import type { Operation } from "./graphql-cost.ts";

/**
 * What may leave: errors made for the caller, as they are; of the store's outages what is known; of everything else only that something went wrong, with the id
 * under which the log has the cause. Applying it twice changes nothing.
 */
export function maskError(error: unknown, requestId: string, log: Logger): GraphQLError {
  const cause = error instanceof GraphQLError ? (error.originalError ?? error.cause) : error;
  const place =
    error instanceof GraphQLError
      ? { ...(error.nodes && { nodes: error.nodes }), ...(error.path && { path: error.path }) }
      : {};
  if (error instanceof GraphQLError && !(cause instanceof Error)) return error;
  if (cause instanceof GraphQLError) return new GraphQLError(cause.message, { ...place, extensions: cause.extensions });
  if (cause instanceof GatewayError) {
    const extensions = { code: cause.code, ...(cause.param === undefined ? {} : { argument: cause.param }) };
    return new GraphQLError(cause.message, { ...place, extensions });
  }
  const path = error instanceof GraphQLError ? (error.path?.join(".") ?? null) : null;
  log.error("a GraphQL operation failed", { requestId, path, error: errorText(cause) });
  if (cause instanceof Outage && cause.publicText !== null) {
    const unavailable = { code: "STORE_UNAVAILABLE", requestId, http: { status: 503 } };
    return new GraphQLError(cause.publicText, { ...place, extensions: unavailable });
  }
  const extensions = { code: "INTERNAL_SERVER_ERROR", requestId };
  return new GraphQLError("Something went wrong in this gateway.", { ...place, extensions });
}

/** As it goes out where no HTTP status can be told (WebSocket). */
export function withoutStatus(error: GraphQLError) {
  const { http: _http, ...extensions } = error.extensions;
  return { ...error.toJSON(), extensions };
}

/**
 * A document's errors without the values in it: a secret written into the query would be repeated. Strangers get no
 * suggestions either.
 */
export function cleanDocumentError(error: GraphQLError, isAnonymous: boolean): GraphQLError {
  if (error.extensions.code !== undefined) return error;
  const isSyntax = error.message.startsWith("Syntax Error");
  const message = withoutValue(error.message).replace(isAnonymous ? / Did you mean .*$/ : /$^/, "");
  const code = isSyntax ? "GRAPHQL_PARSE_FAILED" : "GRAPHQL_VALIDATION_FAILED";
  const extensions = { code, http: { status: 400, spec: true } };
  if (!isSyntax) return new GraphQLError(message, { ...(error.nodes && { nodes: error.nodes }), extensions });
  const { source, positions } = error;
  return new GraphQLError(message, { ...(source && { source }), ...(positions && { positions }), extensions });
}

/**
 * Refuses variables that do not fit, before graphql-js does: it would print the whole input, secrets included. Says where, and
 * what was expected there.
 */
export function checkVariables({ schema, document, operationName, variableValues }: Operation): void {
  const operation = getOperationAST(document, operationName);
  for (const { variable, type: typeNode, defaultValue } of operation?.variableDefinitions ?? []) {
    const name = variable.name.value;
    const value = variableValues?.[name];
    const type = typeOf(schema, typeNode);
    if (type === undefined || (value === undefined && (defaultValue !== undefined || !isRequired(typeNode)))) continue;
    validateInputValue(value ?? null, type, (error, path) => {
      const place = [name, ...path].join(".");
      throw new GraphQLError(`Variable "$${place}" is not valid: ${withoutValue(error.message)}`, {
        extensions: { code: "BAD_USER_INPUT", argument: place, http: { status: 400, spec: true } },
      });
    });
  }
}

function isRequired(node: TypeNode): boolean {
  return node.kind === "NonNullType";
}

function typeOf(schema: GraphQLSchema, node: TypeNode): GraphQLInputType | undefined {
  return typeFromAST(schema, node as never) as GraphQLInputType | undefined;
}

/**
 * graphql-js's own words up to where it begins to repeat the input. `found: {…}`, `non-enum value: "…"`, `Value "…" does not
 * exist` and syntax errors' `found String "…"` are the places where it does.
 */
function withoutValue(message: string): string {
  if (message.startsWith("Syntax Error")) {
    return ended(message.replace(/ (found|Unexpected) (<\w+>|\w+).*$/s, " $1 $2").replace(/: ".*$/s, ""));
  }
  const enumName = /^Value ".*" does not exist in ("\w+" enum)/s.exec(message)?.[1];
  if (enumName !== undefined) return `The value does not exist in the ${enumName}.`;
  const known = VALUE_FREE_STARTS.exec(message);
  if (known !== null) return ended(known[0]);
  // Anything else that graphql-js says about a value is new to us: nothing of it is repeated.
  return /\bfound:|cannot represent|value:/i.test(message) ? "The value does not fit its type." : message;
}

const VALUE_FREE_STARTS =
  /^(?:(?:\w+|Enum "\w+") cannot represent (?:a )?non[- ][\w -]+?value|Expected value of type "[^"]+" (?:not )?to (?:include (?:unknown|required) field "\w+"|be [\w -]+))/;

function ended(sentence: string): string {
  return sentence.endsWith(".") ? sentence : `${sentence}.`;
}
