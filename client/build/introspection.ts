import { join } from "node:path";
import { minifyIntrospection, outputIntrospectionFile } from "gql.tada/internal";
import { buildSchema, introspectionFromSchema } from "graphql";

const ROOT = join(import.meta.dir, "..", "..");
const TARGET = join(ROOT, "client", "api", "introspection.ts");
const PREAMBLE =
  "/** Made from schema/schema.graphql by `bun client/build/introspection.ts`: the types behind every document. */";

/** The schema as the type that gql.tada reads (its own command line tool does not run on TypeScript 7). */
export async function renderIntrospection(): Promise<string> {
  const schema = buildSchema(await Bun.file(join(ROOT, "schema", "schema.graphql")).text());
  const introspection = minifyIntrospection(introspectionFromSchema(schema, { descriptions: false }) as never);
  const text = outputIntrospectionFile(introspection, {
    fileType: ".d.ts",
    shouldPreprocess: true,
    preamble: PREAMBLE,
  });
  // What follows would set the schema for the whole program; graphql.ts passes it by hand.
  return text.slice(0, text.indexOf("import * as gqlTada"));
}

if (import.meta.main) {
  await Bun.write(TARGET, await renderIntrospection());
}
