import { join } from "node:path";
import { type BuiltFile, ENCODINGS, type Encoding } from "./files.ts";

type Files = Readonly<Record<string, BuiltFile>>;

interface Contents {
  readonly files: Files;
  readonly routes: readonly string[];
  /** Of the file with the console's documents, by hash. */
  readonly documents: string;
  /** GraphiQL's page. */
  readonly graphiql: string;
}

/**
 * Says in two ways which files there are: manifest.json for a server that reads the directory, embedded.ts for `bun build
 * --compile`, where each file is an import so that it travels in the binary.
 */
export async function writeManifest(root: string, contents: Contents): Promise<void> {
  const { files, routes, documents, graphiql } = contents;
  const manifest = { routes, documents, graphiql, files: describe(files, (path) => path) };
  await Bun.write(join(root, "manifest.json"), JSON.stringify(manifest, null, 1));
  const imports: string[] = [];
  const references: string[] = [];
  const embedded = describe(files, (path) => {
    const name = `file${imports.length}`;
    imports.push(`import ${name} from ${JSON.stringify(`./${path}`)} with { type: "file" };`);
    references.push(name);
    return `\0${name}\0`;
  });
  const text = JSON.stringify(embedded, null, 1).replace(/"\\u0000(\w+)\\u0000"/g, "$1");
  const lines = [
    "// @ts-nocheck: made by client/build.ts; a file is imported for its path inside the binary.",
    ...imports,
    `import documents from ${JSON.stringify(`./${documents}`)} with { type: "file" };`,
    "export { documents };",
    `export const graphiql = ${JSON.stringify(graphiql)};`,
    `export const routes = ${JSON.stringify(routes)};`,
    `export const files = ${text};`,
  ];
  await Bun.write(join(root, "embedded.ts"), `${lines.join("\n")}\n`);
}

/** The shape that src/http/console.ts reads (`ConsoleFile`). */
function describe(files: Files, locate: (path: string) => string) {
  return Object.fromEntries(
    Object.entries(files).map(([path, file]) => [
      path,
      {
        path: locate(file.isPacked ? `${path}.${ENCODINGS.gzip}` : path),
        type: file.type,
        etag: file.etag,
        immutable: file.immutable,
        ...(file.isPacked && { isPacked: true }),
        encodings: Object.fromEntries(
          (Object.keys(file.encodings) as Encoding[]).map((each) => [each, locate(`${path}.${ENCODINGS[each]}`)]),
        ),
      },
    ]),
  );
}
