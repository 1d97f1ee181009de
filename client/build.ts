import { mkdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { collectDocuments } from "./build/documents.ts";
import { type BuiltFile, writeFile } from "./build/files.ts";
import { buildGraphiql } from "./build/graphiql.ts";
import { writeManifest } from "./build/manifest.ts";
import { solidPlugin } from "./build/solid-plugin.ts";
import { ROUTES } from "./routes.ts";

export interface BuiltConsole {
  /** By path below the console's root, e.g. "assets/main-1a2b3c4d.js". */
  readonly files: Readonly<Record<string, BuiltFile>>;
  /** Scripts that the first page needs before it can be drawn. */
  readonly initial: readonly string[];
  /** Scripts that are fetched when they are needed: the source file's name and the built path. */
  readonly lazy: Readonly<Record<string, string>>;
  /** What the page of GraphiQL loads, and no page of the console. */
  readonly graphiql: Readonly<Record<string, BuiltFile>>;
}

const SOURCE = import.meta.dir;
const DOCUMENTS = "documents.json";
const NAMING = "assets/[name]-[hash].[ext]";
const OPTIONS = { root: SOURCE, target: "browser", minify: true, sourcemap: "none", naming: NAMING } as const;

/**
 * Builds the console into `outDir`, replacing what is there at once: hashed assets with their compressed twins, index.html,
 * manifest.json for the server that runs from source and embedded.ts for the compiled one; GraphiQL beside it.
 */
export async function buildConsole(outDir: string): Promise<BuiltConsole> {
  const staging = `${outDir}.${process.pid}`;
  try {
    await rm(staging, { recursive: true, force: true });
    await mkdir(join(staging, "assets"), { recursive: true });
    const built = await buildInto(staging);
    await rm(outDir, { recursive: true, force: true });
    await rename(staging, outDir);
    return built;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function buildInto(directory: string): Promise<BuiltConsole> {
  const documents = collectDocuments();
  const app = await bundle({
    ...OPTIONS,
    entrypoints: [join(SOURCE, "main.tsx")],
    splitting: true,
    metafile: true,
    // Chunks are named by content only: two pages may have a file of the same name.
    naming: { entry: NAMING, chunk: "assets/[name]-[hash].[ext]", asset: NAMING },
    plugins: [solidPlugin],
    define: {
      "process.env.NODE_ENV": '"production"',
      DOCUMENT_IDS: JSON.stringify(Object.fromEntries(documents.map(({ name, hash }) => [name, hash]))),
    },
  });
  const theme = await bundle({ ...OPTIONS, entrypoints: [join(SOURCE, "theme.ts")], format: "iife" });
  const entry = pathOf(app, (each) => each.kind === "entry-point");
  const { initial, lazy } = graphOf(app, entry);

  // Bun writes a style sheet for each lazy chunk, and the entry's holds all of them: only that one is used.
  const styles = app.outputs.filter((each) => each.path.endsWith(".css")).sort((a, b) => b.size - a.size);
  const files: Record<string, BuiltFile> = {};
  for (const output of [...app.outputs, ...theme.outputs]) {
    const path = assetPath(output);
    if (styles.indexOf(output) > 0) continue;
    files[path] = await writeFile(directory, path, new Uint8Array(await output.arrayBuffer()));
  }
  const icon = await Bun.file(join(SOURCE, "icon.svg")).bytes();
  const iconPath = `assets/icon-${Bun.hash(icon).toString(36).slice(0, 8)}.svg`;
  files[iconPath] = await writeFile(directory, iconPath, icon);

  const html = await renderIndex({
    theme: pathOf(theme, (each) => each.kind === "entry-point"),
    style: pathOf(app, (each) => each === styles[0]),
    icon: iconPath,
    entry,
    initial,
  });
  files["index.html"] = await writeFile(directory, "index.html", new TextEncoder().encode(html));
  const texts = Object.fromEntries(documents.map(({ hash, text }) => [hash, text]));
  await Bun.write(join(directory, DOCUMENTS), JSON.stringify(texts));
  const graphiql = await buildGraphiql(directory, iconPath);
  const contents = { files: { ...files, ...graphiql.files }, routes: ROUTES, documents: DOCUMENTS };
  await writeManifest(directory, { ...contents, graphiql: graphiql.page });
  return { files, initial, lazy, graphiql: graphiql.files };
}

async function bundle(config: Bun.BuildConfig): Promise<Bun.BuildOutput> {
  const result = await Bun.build(config);
  if (!result.success) throw new AggregateError(result.logs, "The console does not build");
  return result;
}

function assetPath(output: { readonly path: string }): string {
  return output.path.replace(/^\.\//, "");
}

function pathOf(result: Bun.BuildOutput, wanted: (output: Bun.BuildArtifact) => boolean): string {
  const found = result.outputs.find(wanted);
  if (!found) throw new Error("The console's build lacks an output");
  return assetPath(found);
}

/** Follows the imports from the entry: the static ones are needed at once, what hangs on a dynamic one is lazy. */
function graphOf(result: Bun.BuildOutput, entry: string): Pick<BuiltConsole, "initial" | "lazy"> {
  const outputs = result.metafile?.outputs ?? {};
  const initial = new Set<string>();
  const lazy: Record<string, string> = {};
  const visit = (path: string, into: Set<string>) => {
    if (into.has(path)) return;
    into.add(path);
    for (const each of outputs[`./${path}`]?.imports ?? []) {
      const target = assetPath({ path: each.path });
      if (each.kind === "import-statement") visit(target, into);
      else if (each.kind === "dynamic-import") {
        lazy[sourceName(outputs[each.path]) ?? basename(target)] = target;
        visit(target, new Set());
      }
    }
  };
  visit(entry, initial);
  return { initial: [...initial], lazy };
}

function sourceName(output: { entryPoint?: string } | undefined): string | undefined {
  return output?.entryPoint?.replace(/^.*client\//, "");
}

interface IndexParts {
  readonly theme: string;
  readonly style: string;
  readonly icon: string;
  readonly entry: string;
  readonly initial: readonly string[];
}

/** The theme's script is the only one that blocks: it sets colours and language before the first paint. */
async function renderIndex(parts: IndexParts): Promise<string> {
  const template = await Bun.file(join(SOURCE, "index.html")).text();
  const tags = [
    `<link rel="icon" type="image/svg+xml" href="${parts.icon}" />`,
    `<script src="${parts.theme}"></script>`,
    `<link rel="stylesheet" href="${parts.style}" />`,
    ...parts.initial
      .filter((path) => path !== parts.entry)
      .map((path) => `<link rel="modulepreload" href="${path}" />`),
    `<script type="module" src="${parts.entry}"></script>`,
  ];
  return template.replace("<!-- assets -->", tags.join("\n    "));
}

if (import.meta.main) {
  const built = await buildConsole(join(SOURCE, "..", "dist", "console"));
  const bytes = built.initial.reduce((sum, path) => sum + (built.files[path]?.encodings.gzip?.bytes ?? 0), 0);
  console.error(`sluice: console built, ${(bytes / 1000).toFixed(1)} kB of script (gzip) for the first page`);
}
