import { lexicographicSortSchema, printSchema } from "graphql";
import { schema } from "./index.ts";

/** What is committed as schema.graphql; the console is typed from it. */
export const printedSchema = `${printSchema(lexicographicSortSchema(schema))}\n`;

if (import.meta.main) {
  const path = new URL("schema.graphql", import.meta.url);
  await Bun.write(path, printedSchema);
  console.log(`wrote ${path.pathname}`);
}
