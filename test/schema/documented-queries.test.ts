import { expect, test } from "bun:test";
import { join } from "node:path";
import { parse, validate } from "graphql";
import { schema } from "../../schema/index.ts";

/** Queries inside the JSON bodies of the shell examples and the string arguments of the TypeScript ones. */
const QUERY = /"?query"?: ?"((?:[^"\\]|\\.)*)"/g;

test("every query that README and docs/api.md show fits the schema", async () => {
  const root = join(import.meta.dir, "../..");
  const queries: string[] = [];
  for (const page of ["README.md", "docs/api.md"]) {
    const text = await Bun.file(join(root, page)).text();
    for (const match of text.matchAll(QUERY)) queries.push(match[1]!.replaceAll('\\"', '"'));
  }
  expect(queries.length).toBeGreaterThan(5);
  for (const query of queries) {
    const faults = validate(schema, parse(query)).map(({ message }) => message);
    expect({ query, faults }).toEqual({ query, faults: [] });
  }
});
