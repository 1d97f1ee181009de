import { expect, test } from "bun:test";
import { join } from "node:path";
import { buildSchema, type DocumentNode, validate } from "graphql";
import { renderIntrospection } from "../../client/build/introspection.ts";
import { checkCost } from "../../src/http/graphql-cost.ts";

/** As api/list.ts asks for. */
const PAGE_SIZE = 100;
const ROOT = join(import.meta.dir, "../..");

const schema = buildSchema(await Bun.file(join(ROOT, "schema/schema.graphql")).text());

/** Every operation by name. Fragments are looked at with the operations that use them. */
async function readOperations(): Promise<[string, DocumentNode][]> {
  const found: [string, DocumentNode][] = [];
  for (const path of new Bun.Glob("client/pages/*/documents.ts").scanSync({ cwd: ROOT })) {
    const exported: Record<string, DocumentNode> = await import(join(ROOT, path));
    const operations = Object.entries(exported).filter(([, document]) =>
      document.definitions.some((each) => each.kind === "OperationDefinition"),
    );
    found.push(...operations.map(([name, document]): [string, DocumentNode] => [`${path} ${name}`, document]));
  }
  return found;
}

test("every document of the console fits the schema", async () => {
  const operations = await readOperations();
  for (const [name, document] of operations) {
    expect([name, validate(schema, document).map((error) => error.message)]).toEqual([name, []]);
  }
  expect(operations.length).toBeGreaterThan(25);
});

test("no page asks for more than one operation may", async () => {
  const variableValues = { first: PAGE_SIZE };
  for (const [name, document] of await readOperations()) {
    expect(() => [name, checkCost({ schema, document, variableValues })]).not.toThrow();
  }
});

test("the types behind them are those of the schema (bun client/build/introspection.ts)", async () => {
  const kept = await Bun.file(join(ROOT, "client/api/introspection.ts")).text();
  expect(kept === (await renderIntrospection())).toBe(true);
});
