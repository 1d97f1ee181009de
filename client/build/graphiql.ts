import { join } from "node:path";
import { css, editorWorkerService, graphqlWorker, js, jsonWorker } from "@graphql-yoga/render-graphiql/graphiql";
import { type BuiltFile, writeFile, writePacked } from "./files.ts";

export interface BuiltGraphiql {
  readonly files: Readonly<Record<string, BuiltFile>>;
  /** The page, into which the server writes the base path and the grant (src/http/graphiql.ts). */
  readonly page: string;
}

const SOURCE = join(import.meta.dir, "../graphiql");
const WORKERS = { editorworkerservice: editorWorkerService, graphql: graphqlWorker, json: jsonWorker } as const;

/**
 * The workbench for the API. The package comes as texts for one page with everything inline, which our content policy forbids and
 * no browser would keep: here they become files.
 */
export async function buildGraphiql(directory: string, icon: string): Promise<BuiltGraphiql> {
  const files: Record<string, BuiltFile> = {};
  const pack = async (name: string, text: string) => {
    const [stem, extension] = name.split(".");
    const path = `assets/graphiql/${stem}-${Bun.hash(text).toString(36).slice(0, 8)}.${extension}`;
    files[path] = await writePacked(directory, path, new TextEncoder().encode(text));
    return path;
  };
  const style = await pack("graphiql.css", `${css}\nhtml, body, #graphiql { height: 100%; margin: 0; }\n`);
  const library = await pack("graphiql.js", js);
  const workers = await Promise.all(
    Object.entries(WORKERS).map(async ([label, text]) => `data-${label}="${await pack(`${label}.js`, text)}"`),
  );

  const own = await Bun.build({
    entrypoints: [join(SOURCE, "main.ts")],
    target: "browser",
    minify: true,
    naming: "assets/graphiql/[name]-[hash].[ext]",
  });
  const [script] = own.outputs;
  if (!own.success || !script) throw new AggregateError(own.logs, "GraphiQL's page does not build");
  const start = script.path.replace(/^\.\//, "");
  files[start] = await writeFile(directory, start, new Uint8Array(await script.arrayBuffer()));

  const tags = [
    `<link rel="icon" type="image/svg+xml" href="${icon}" />`,
    `<link rel="stylesheet" href="${style}" />`,
    `<script defer src="${library}"></script>`,
    `<script type="module" src="${start}"></script>`,
  ];
  const template = await Bun.file(join(SOURCE, "index.html")).text();
  const page = template
    .replace("<!-- assets -->", tags.join("\n    "))
    .replace('<div id="graphiql"><!-- workers -->', `<div id="graphiql" ${workers.join(" ")}>`);
  return { files, page };
}
