import { Kind, type OperationDefinitionNode, parse } from "graphql";

/** Of what GraphiQL hands to its fetcher, the part that is read here. */
export interface Params {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Record<string, unknown> | null;
}

/**
 * What is run, told from its text alone. GraphiQL parses a tenth of a second after the last key and hands over what it knew before:
 * whoever runs at once would get the operation that stood there, by name and by kind.
 */
export function readOperation({ query, operationName, ...rest }: Params): { params: Params; isSubscription: boolean } {
  const operations = operationsOf(query);
  const named = operations.find(({ name }) => name?.value === operationName);
  const [only] = operations.length === 1 ? operations : [];
  // A name that is not in the text was that of an operation before; with several left, the server asks for the name.
  const operation = named ?? only;
  const params = { query, operationName: operation?.name?.value ?? null, ...rest };
  return { params, isSubscription: operation?.operation === "subscription" };
}

/** None of a text that does not parse: the server says what is wrong with it. */
function operationsOf(query: string): OperationDefinitionNode[] {
  try {
    return parse(query).definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  } catch {
    return [];
  }
}
