import { expect, test } from "bun:test";
import { join } from "node:path";
import { BreakingChangeType, buildSchema, findSchemaChanges, type GraphQLSchema } from "graphql";

const ROOT = join(import.meta.dir, "../..");
const read = (path: string) => Bun.file(join(ROOT, path)).text();

const BREAKING: ReadonlySet<string> = new Set(Object.values(BreakingChangeType));

/** Breaking changes whose place ("Query.providers", "Provider") no line of the changelog names between backticks. */
function unannounced(before: GraphQLSchema, after: GraphQLSchema, changelog: string): string[] {
  const named = new Set([...changelog.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  return findSchemaChanges(before, after)
    .filter(({ type }) => BREAKING.has(type))
    .filter(({ description }) => !named.has(/\w+\.\w+|@\w+/.exec(description)?.[0] ?? description.split(" ")[0]))
    .map(({ description }) => description);
}

test("a change of the schema that breaks clients of the last release stands in the changelog", async () => {
  // With each release: cp schema/schema.graphql test/schema/released.graphql
  const [released, now, changelog] = await Promise.all(
    ["test/schema/released.graphql", "schema/schema.graphql", "CHANGELOG.md"].map(read),
  );
  expect(unannounced(buildSchema(released!), buildSchema(now!), changelog!)).toEqual([]);
});

test("what breaks clients is noticed, and what does not is not", () => {
  const before = buildSchema(
    "type Query { a(x: Int): Int b: String c(i: I): E } input I { p: Int } enum E { A B } type Gone { a: Int }",
  );
  const after = buildSchema("type Query { a: Int b: Int c(i: I): E d: Int } input I { p: Int q: Int! } enum E { A C }");
  expect(unannounced(before, after, "")).toEqual([
    "Gone was removed.",
    "Argument Query.a(x:) was removed.",
    "Field Query.b changed type from String to Int.",
    "A required field I.q was added.",
    "Enum value E.B was removed.",
  ]);
  expect(
    unannounced(before, after, "- `Gone`, `Query.a` and `Query.b` go; `I.q` is required; `E.B` is `E.C` now"),
  ).toEqual([]);
});
