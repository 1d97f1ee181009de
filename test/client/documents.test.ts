import { expect, test } from "bun:test";
import { join } from "node:path";
import { buildSchema, type DocumentNode, validate } from "graphql";
import { renderIntrospection } from "../../client/build/introspection.ts";

const ROOT = join(import.meta.dir, "../..");

test("every document of the console fits the schema", async () => {
  const schema = buildSchema(await Bun.file(join(ROOT, "schema/schema.graphql")).text());
  let count = 0;
  for (const path of new Bun.Glob("client/pages/*/documents.ts").scanSync({ cwd: ROOT })) {
    const exported: Record<string, DocumentNode> = await import(join(ROOT, path));
    for (const [name, document] of Object.entries(exported)) {
      // Fragments are validated with the operations that use them.
      if (!document.definitions.some((each) => each.kind === "OperationDefinition")) continue;
      count++;
      expect({ path, name, errors: validate(schema, document).map((error) => error.message) }).toEqual({
        path,
        name,
        errors: [],
      });
    }
  }
  expect(count).toBeGreaterThan(25);
});

test("the types behind them are those of the schema (bun client/build/introspection.ts)", async () => {
  const kept = await Bun.file(join(ROOT, "client/api/introspection.ts")).text();
  expect(kept === (await renderIntrospection())).toBe(true);
});
