import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  getOperationAST,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from "graphql";
import { FIELD_COSTS, PLAIN_LIST_LENGTH } from "../../schema/costs.ts";
import { GRAPHQL_LIMITS } from "../../schema/limits.ts";
import { DEFAULT_PAGE } from "../control/page.ts";
import { tooMuch } from "./graphql-limits.ts";

export interface Operation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variableValues?: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * What an operation asks for, in rows rather than fields: a page of 50 keys with three objects each costs 202. Throws when a
 * page is too long or the whole is too much. The document has been validated.
 */
export function checkCost(operation: Operation): number {
  const node = getOperationAST(operation.document, operation.operationName);
  const root = node && operation.schema.getRootType(node.operation);
  if (!node || !root) return 0;
  const cost = new CostReader(operation, node).ofSelection(node.selectionSet, root, 1);
  if (cost > GRAPHQL_LIMITS.cost) {
    throw tooMuch(`This operation costs ${cost}; at most ${GRAPHQL_LIMITS.cost}. Ask for fewer rows or fields.`);
  }
  return cost;
}

class CostReader {
  readonly #schema: GraphQLSchema;
  readonly #variables: Readonly<Record<string, unknown>>;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  /** A fragment costs the same wherever it is spread: reading it once keeps nested spreads from exploding. */
  readonly #known = new Map<string, number>();

  constructor({ schema, document, variableValues }: Operation, node: OperationDefinitionNode) {
    this.#schema = schema;
    const defaults = (node.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
      defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)] as const],
    );
    this.#variables = { ...Object.fromEntries(defaults), ...variableValues };
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(definition.name.value, definition);
    }
  }

  /** `rows`: how many rows stand behind the `nodes` or `edges` of a connection. */
  ofSelection(selection: SelectionSetNode, type: GraphQLCompositeType, rows: number): number {
    let sum = 0;
    for (const node of selection.selections) {
      if (node.kind === Kind.FIELD) {
        sum += this.#ofField(node, type, rows);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        const on = node.typeCondition ? this.#schema.getType(node.typeCondition.name.value) : type;
        sum += this.ofSelection(node.selectionSet, isCompositeType(on) ? on : type, rows);
      } else {
        sum += this.#ofFragment(node.name.value, rows);
      }
    }
    return sum;
  }

  #ofFragment(name: string, rows: number): number {
    const fragment = this.#fragments.get(name);
    if (fragment === undefined) return 0;
    const place = `${name} ${rows}`;
    let cost = this.#known.get(place);
    if (cost === undefined) {
      const type = this.#schema.getType(fragment.typeCondition.name.value);
      cost = isCompositeType(type) ? this.ofSelection(fragment.selectionSet, type, rows) : 0;
      this.#known.set(place, cost);
    }
    return cost;
  }

  #ofField(node: FieldNode, parent: GraphQLCompositeType, rows: number): number {
    const field = "getFields" in parent ? parent.getFields()[node.name.value] : undefined;
    if (field === undefined || node.selectionSet === undefined) return 0;
    const type = getNamedType(field.type);
    if (!isCompositeType(type)) return 0;
    const own = FIELD_COSTS[`${parent.name}.${field.name}`] ?? 1;
    const isConnection = isObjectType(type) && type.name.endsWith("Connection");
    if (isConnection) return own + this.ofSelection(node.selectionSet, type, this.#pageOf(node));
    const times = this.#timesOf(node, field, parent, rows);
    const each = this.ofSelection(node.selectionSet, type, 1);
    return times === null ? own + each : own + times * (1 + each);
  }

  /** Null: not a list. */
  #timesOf(
    node: FieldNode,
    field: GraphQLField<unknown, unknown>,
    parent: GraphQLCompositeType,
    rows: number,
  ): number | null {
    if (!isListType(getNullableType(field.type))) return null;
    if (parent.name.endsWith("Connection")) return rows;
    const ids = this.#argument(node, "ids");
    if (Array.isArray(ids)) return ids.length;
    const hasFirst = field.args.some((argument) => argument.name === "first");
    return hasFirst ? this.#pageOf(node) : PLAIN_LIST_LENGTH;
  }

  #pageOf(node: FieldNode): number {
    const asked = this.#argument(node, "first") ?? this.#argument(node, "last") ?? DEFAULT_PAGE;
    if (typeof asked !== "number") return DEFAULT_PAGE; // Not a number: refused when it is coerced.
    if (asked > GRAPHQL_LIMITS.page) throw tooMuch(`A page has at most ${GRAPHQL_LIMITS.page} rows.`);
    return Math.max(0, asked);
  }

  #argument(node: FieldNode, name: string): unknown {
    const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
    return value === undefined ? undefined : valueFromASTUntyped(value, this.#variables);
  }
}
