import { dirname, join } from "node:path";
import { type ParserPlugin, parse } from "@babel/parser";

/** A row of the import table in docs/architecture.md. */
export interface Layer {
  readonly name: string;
  /** Folders (ending in `/`) and single files. */
  readonly files: readonly string[];
  readonly mayImport: ReadonlyMap<string, "values" | "types">;
  readonly mayImportEverything: boolean;
  readonly isPure: boolean;
}

export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

/** File contents by path from the project's root. */
export type Sources = ReadonlyMap<string, string>;

/** Reads the table under "Who may import whom". Throws on a row it does not understand: a typo must not switch a rule off. */
export function parseLayers(markdown: string): readonly Layer[] {
  const layers = tableRows(markdown, "Who may import whom").map(([name = "", files = "", imports = "", pure = ""]) => {
    const layer = codeWords(name)[0];
    if (!layer || codeWords(files).length === 0) throw new Error(`not a layer: ${name} | ${files}`);
    const mayImport = new Map<string, "values" | "types">();
    for (const [, word = "", types] of imports.matchAll(/`([^`]+)`( \(types\))?/g)) {
      mayImport.set(word, types ? "types" : "values");
    }
    const isSaid = mayImport.size > 0 || ["everything", "nothing of ours"].includes(imports);
    if (!isSaid) throw new Error(`layer ${layer}: cannot read "${imports}"`);
    return {
      name: layer,
      files: codeWords(files),
      mayImport,
      mayImportEverything: imports === "everything",
      isPure: pure === "yes",
    };
  });
  for (const { name, mayImport } of layers) {
    for (const other of mayImport.keys()) {
      if (!layers.some((each) => each.name === other))
        throw new Error(`layer ${name} names an unknown layer: ${other}`);
    }
  }
  return layers;
}

/** First cells of the layout table that name a folder. */
export function parseFolders(markdown: string): readonly string[] {
  return tableRows(markdown, "Layout").flatMap(([folder = ""]) => codeWords(folder));
}

/** Every broken rule as one readable line; empty when the tree is as the table says. */
export function findViolations(sources: Sources, layers: readonly Layer[]): readonly string[] {
  const violations: string[] = [];
  const edges = new Map<string, string[]>();
  for (const [path, source] of sources) {
    const layer = layerOf(path, layers);
    if (!layer) {
      violations.push(`${path}: belongs to no layer of docs/architecture.md`);
      continue;
    }
    const tree = parseSource(path, source);
    if (layer.isPure)
      violations.push(...findImpurities(tree).map((what) => `${path}: ${layer.name} is pure, but uses ${what}`));
    for (const { specifier, typeOnly } of findImports(tree)) {
      if (!specifier.startsWith(".")) continue;
      const target = join(dirname(path), specifier);
      if (!typeOnly && sources.has(target)) edges.set(path, [...(edges.get(path) ?? []), target]);
      const other = layerOf(target, layers);
      if (layer.mayImportEverything || other === layer) continue;
      if (!other) {
        // Data (the package file, the printed schema) has no layer; code of the project must have one.
        if (/\.tsx?$/.test(target)) violations.push(`${path}: imports ${target}, which belongs to no layer`);
        continue;
      }
      const allowed = layer.mayImport.get(other.name);
      if (!allowed) violations.push(`${path}: ${layer.name} must not import ${other.name} (${target})`);
      else if (allowed === "types" && !typeOnly) {
        violations.push(`${path}: ${layer.name} may import only types of ${other.name} (${target})`);
      }
    }
  }
  return [...violations, ...findCycles(edges).map((cycle) => `imports run in a circle: ${cycle.join(" → ")}`)];
}

/** Circles among the layers themselves, as the table allows them (types do not count: they are gone at run time). */
export function findLayerCycles(layers: readonly Layer[]): readonly string[] {
  const edges = new Map(
    layers.map(({ name, mayImport }) => [
      name,
      [...mayImport.keys()].filter((each) => mayImport.get(each) === "values"),
    ]),
  );
  return findCycles(edges).map((cycle) => cycle.join(" → "));
}

/** Static, dynamic and type imports, re-exports, and files named by `new URL("…", import.meta.url)`. */
export function scanImports(path: string, source: string): readonly Import[] {
  return findImports(parseSource(path, source));
}

interface Node {
  readonly type: string;
  readonly [property: string]: unknown;
}

function parseSource(path: string, source: string): Node {
  const plugins: ParserPlugin[] = path.endsWith(".tsx") ? ["typescript", "jsx"] : ["typescript"];
  return { ...parse(source, { sourceType: "module", plugins, createImportExpressions: true }).program };
}

function findImports(tree: Node): Import[] {
  const imports: Import[] = [];
  const add = (source: unknown, typeOnly: boolean) => {
    if (isNode(source) && source.type === "StringLiteral") imports.push({ specifier: String(source.value), typeOnly });
  };
  walk(tree, (node) => {
    switch (node.type) {
      case "ImportDeclaration":
        add(node.source, node.importKind === "type" || areAllTypes(node.specifiers, "importKind"));
        break;
      case "ExportNamedDeclaration":
        add(node.source, node.exportKind === "type" || areAllTypes(node.specifiers, "exportKind"));
        break;
      case "ExportAllDeclaration":
        add(node.source, node.exportKind === "type");
        break;
      case "ImportExpression":
        add(node.source, false);
        break;
      case "TSImportType":
        add(node.argument, true);
        break;
      case "NewExpression":
        // new URL("./writer-worker.ts", import.meta.url) starts that file, new Worker("./x.ts") too.
        if (isNamed(node.callee, "URL") || isNamed(node.callee, "Worker")) add(listOf(node.arguments)[0], false);
        break;
    }
  });
  return imports;
}

function areAllTypes(specifiers: unknown, kind: "importKind" | "exportKind"): boolean {
  const list = listOf(specifiers);
  return list.length > 0 && list.every((each) => each[kind] === "type");
}

const IMPURE_GLOBALS = new Set([
  "fetch",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "process",
  "Bun",
  "performance",
  "WebSocket",
]);
const IMPURE_MEMBERS = new Set(["Date.now", "Math.random"]);

function findImpurities(tree: Node): string[] {
  const found = new Set<string>();
  for (const { specifier, typeOnly } of findImports(tree)) {
    if (!typeOnly && /^(node:|bun(:|$)|drizzle-orm)/.test(specifier)) found.add(specifier);
  }
  walk(tree, (node) => {
    if (node.type === "MemberExpression" && isNode(node.object) && isNode(node.property)) {
      const member = `${node.object.name}.${node.property.name}`;
      if (IMPURE_MEMBERS.has(member)) found.add(`${member}()`);
      if (IMPURE_GLOBALS.has(String(node.object.name))) found.add(member);
    }
    const callee = node.type === "CallExpression" || node.type === "NewExpression" ? node.callee : undefined;
    if (!isNode(callee) || callee.type !== "Identifier") return;
    if (IMPURE_GLOBALS.has(String(callee.name))) found.add(`${callee.name}()`);
    if (callee.name === "Date" && listOf(node.arguments).length === 0) found.add("new Date()");
  });
  return [...found];
}

/** Depth-first; each circle once, from the file at which it was entered. */
function findCycles(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return cycles;
}

function layerOf(path: string, layers: readonly Layer[]): Layer | undefined {
  return layers.find(({ files }) => files.some((each) => (each.endsWith("/") ? path.startsWith(each) : path === each)));
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function isNamed(value: unknown, name: string): boolean {
  return isNode(value) && value.type === "Identifier" && value.name === name;
}

function listOf(value: unknown): readonly Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Cells of the first table under a heading, without its head. */
function tableRows(markdown: string, heading: string): readonly (readonly string[])[] {
  const section = markdown.split(/^## /m).find((each) => each.startsWith(`${heading}\n`));
  const rows = section?.split("\n").filter((line) => line.startsWith("|")) ?? [];
  if (rows.length < 3) throw new Error(`docs/architecture.md has no table under "${heading}"`);
  return rows.slice(2).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function codeWords(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
}
