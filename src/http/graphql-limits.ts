import { type DocumentNode, GraphQLError, Kind, type SelectionSetNode, visit } from "graphql";
import { ACCESS } from "../../schema/access.ts";
import { unauthenticated } from "../../schema/guard.ts";
import { GRAPHQL_LIMITS } from "../../schema/limits.ts";

/** What can be told about a document without the schema. Made once per document: yoga keeps parsed ones. */
interface Shape {
  readonly depth: number;
  readonly rootFields: readonly string[];
  readonly aliases: number;
  readonly directives: number;
  readonly mostRootFields: number;
}

const shapes = new WeakMap<DocumentNode, Shape>();
const TOO_DEEP = Number.POSITIVE_INFINITY;

/** Throws when a document is more than one operation may be. Cheap, and before validation, whose cost grows with the document. */
export function checkDocument(document: DocumentNode, isAnonymous: boolean): void {
  const shape = shapes.get(document) ?? readShape(document);
  shapes.set(document, shape);
  // Strangers learn nothing about the schema: not even which of their fields exist.
  if (isAnonymous && !shape.rootFields.every(isPublic)) {
    const { message, extensions } = unauthenticated();
    throw new GraphQLError(message, { extensions: { ...extensions, http: { status: 401, spec: false } } });
  }
  if (shape.depth > GRAPHQL_LIMITS.depth) throw tooMuch(`Fields nest at most ${GRAPHQL_LIMITS.depth} deep.`);
  if (shape.aliases > GRAPHQL_LIMITS.aliases) throw tooMuch(`At most ${GRAPHQL_LIMITS.aliases} aliases.`);
  if (shape.mostRootFields > GRAPHQL_LIMITS.rootFields) {
    throw tooMuch(`At most ${GRAPHQL_LIMITS.rootFields} fields at the top of an operation.`);
  }
  if (shape.directives > GRAPHQL_LIMITS.directives) throw tooMuch(`At most ${GRAPHQL_LIMITS.directives} directives.`);
  // Each is a guess: a thousand in one request would pass the throttle as one.
  const guesses = shape.rootFields.filter((field) => GUESSES.has(field));
  if (guesses.length > 1) throw tooMuch("Sign in once per operation.");
}

/** The mutations that a document asks for, each once. */
export function mutationsIn(document: DocumentNode): string[] {
  const shape = shapes.get(document) ?? readShape(document);
  const known = shape.rootFields.filter((field) => field.startsWith("Mutation.") && ACCESS[field] !== undefined);
  return [...new Set(known)].map((field) => field.slice("Mutation.".length));
}

/** Where a secret is tried out. */
const GUESSES = new Set(
  ["signIn", "setUp", "acceptInvitation", "reauthenticate", "changePassword", "confirmTotp"].map(
    (name) => `Mutation.${name}`,
  ),
);

export function tooMuch(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "LIMIT_EXCEEDED", http: { status: 400, spec: false } } });
}

function isPublic(field: string): boolean {
  return ACCESS[field] === "anyone" || field.endsWith(".__typename");
}

function readShape(document: DocumentNode): Shape {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet);
  }
  let aliases = 0;
  let directives = 0;
  visit(document, {
    Field: (field) => {
      if (field.alias !== undefined) aliases++;
    },
    Directive: () => {
      directives++;
    },
  });
  const rootFields: string[] = [];
  let depth = 0;
  let mostRootFields = 0;
  const depths = new Map<string, number>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const type = `${definition.operation[0]!.toUpperCase()}${definition.operation.slice(1)}`;
    const fields = listRootFields(definition.selectionSet, fragments, new Set());
    mostRootFields = Math.max(mostRootFields, fields.length);
    rootFields.push(...fields.map((field) => `${type}.${field}`));
    depth = Math.max(depth, depthOf(definition.selectionSet, fragments, depths));
  }
  return { depth, rootFields, aliases, directives, mostRootFields };
}

/** With repetitions; a fragment that is spread twice counts once (it selects the same fields). */
function listRootFields(
  selection: SelectionSetNode,
  fragments: ReadonlyMap<string, SelectionSetNode>,
  seen: Set<string>,
): string[] {
  return selection.selections.flatMap((node) => {
    if (node.kind === Kind.FIELD) return [node.name.value];
    if (node.kind === Kind.INLINE_FRAGMENT) return listRootFields(node.selectionSet, fragments, seen);
    const fragment = fragments.get(node.name.value);
    if (fragment === undefined || seen.has(node.name.value)) return [];
    seen.add(node.name.value);
    return listRootFields(fragment, fragments, seen);
  });
}

/** Each fragment is measured once, however often it is spread; a circle is deeper than anything. */
function depthOf(
  selection: SelectionSetNode,
  fragments: ReadonlyMap<string, SelectionSetNode>,
  measured: Map<string, number>,
): number {
  let deepest = 0;
  for (const node of selection.selections) {
    let depth = 0;
    if (node.kind === Kind.FIELD) {
      // The introspection of who has signed in is deep by nature; graphql-js bounds it by a rule of its own.
      if (node.name.value === "__schema" || node.name.value === "__type") continue;
      depth = 1 + (node.selectionSet ? depthOf(node.selectionSet, fragments, measured) : 0);
    } else if (node.kind === Kind.INLINE_FRAGMENT) {
      depth = depthOf(node.selectionSet, fragments, measured);
    } else {
      const name = node.name.value;
      const fragment = fragments.get(name);
      if (fragment === undefined) continue;
      const known = measured.get(name);
      if (known === undefined) {
        measured.set(name, TOO_DEEP);
        measured.set(name, depthOf(fragment, fragments, measured));
      }
      depth = measured.get(name)!;
    }
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
