import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { findLayerCycles, findViolations, parseFolders, parseLayers, scanImports } from "./support/layers.ts";

const ROOT = join(import.meta.dir, "..");
const LONG_FILE_LINES = 450;
/** First words of a file that a tool writes: nobody has to read it. */
const GENERATED = /^\/[/*]+ Made (by|from) /;
/** Made by tools or by the machine: never in the repository. */
const NOT_OURS = new Set([".git", "node_modules", "dist", "data", "coverage"]);

const page = await Bun.file(join(ROOT, "docs/architecture.md")).text();
const layers = parseLayers(page);
const sources = await readSources(["src", "schema", "client", "migrations"]);

describe("the tree", () => {
  test("every import is allowed by the table in docs/architecture.md", () => {
    expect(findViolations(sources, layers)).toEqual([]);
  }, 120_000);

  test("the table itself allows no circle", () => {
    expect(findLayerCycles(layers)).toEqual([]);
  });

  test("the folders at the top are those of the layout table", () => {
    const folders = readdirSync(ROOT, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !NOT_OURS.has(entry.name))
      .map(({ name }) => `${name}/`);
    expect(folders.sort()).toEqual([...parseFolders(page)].sort());
  });

  test("what a user's scripts rely on stands at the top", () => {
    const given = ["bunfig.toml", "package.json", "tsconfig.json", "Dockerfile", "README.md"];
    expect(given.filter((name) => !readdirSync(ROOT).includes(name))).toEqual([]);
  });

  test("no file is too long to be read, and long ones are pointed out", () => {
    const long = [...sources]
      .filter(([, text]) => !GENERATED.test(text))
      .map(([path, text]) => ({ path, lines: text.split("\n").length }))
      .filter(({ lines }) => lines > LONG_FILE_LINES);
    for (const { path, lines } of long) console.warn(`${path}: ${lines} lines. Does it change for two reasons?`);
    expect(long.filter(({ lines }) => lines > 2 * LONG_FILE_LINES)).toEqual([]);
  });
});

describe("the checker sees", () => {
  const head = "## Who may import whom\n| layer | files | may import | pure |\n|---|---|---|---|\n";
  const small = parseLayers(`${head}
| \`lib\` | \`src/lib/\` | nothing of ours | |
| \`base\` | \`src/errors.ts\` | \`lib\` | yes |
| \`policy\` | \`src/policy/\` | \`base\` \`store\` (types) | yes |
| \`store\` | \`src/store/\` | \`lib\` \`base\` | |
| \`gateway\` | \`src/gateway/\` | \`policy\` \`base\` | |
| \`control\` | \`src/control/\` | \`store\` \`policy\` | |
| \`client\` | \`client/\` | nothing of ours | |
`);
  const violationsOf = (path: string, source: string, others: Record<string, string> = {}) =>
    findViolations(new Map([[path, source], ...Object.entries(others)]), small);

  const planted: [what: string, path: string, source: string, complaint: string][] = [
    ["a static import", "src/gateway/a.ts", `import { s } from "../store/s.ts";`, "must not import store"],
    [
      "a type import where none is allowed",
      "src/gateway/a.ts",
      `import type { S } from "../control/s.ts";`,
      "must not import control",
    ],
    ["an inline type import", "src/lib/a.ts", `type A = import("../errors.ts").A;`, "must not import base"],
    ["a dynamic import", "src/control/a.ts", `await import("../gateway/g.ts");`, "must not import gateway"],
    ["a re-export", "src/gateway/a.ts", `export * from "../control/h.ts";`, "must not import control"],
    [
      "a worker",
      "src/gateway/a.ts",
      `new Worker(new URL("../control/w.ts", import.meta.url));`,
      "must not import control",
    ],
    [
      "values where only types are allowed",
      "src/policy/a.ts",
      `import { build } from "../store/s.ts";`,
      "only types of store",
    ],
    [
      "one value among types",
      "src/policy/a.ts",
      `import { type S, build } from "../store/s.ts";`,
      "only types of store",
    ],
    [
      "the console reaching into the server",
      "client/a.tsx",
      `import { x } from "../src/lib/id.ts";`,
      "must not import lib",
    ],
    [
      "a test helper in the product",
      "src/lib/a.ts",
      `import { x } from "../../test/support/app.ts";`,
      "belongs to no layer",
    ],
    ["a file without a layer", "src/stray.ts", "export const a = 1;", "belongs to no layer"],
    ["a clock in a pure layer", "src/policy/a.ts", "export const now = () => Date.now();", "uses Date.now()"],
    ["a date of now in a pure layer", "src/policy/a.ts", "export const now = () => new Date();", "uses new Date()"],
    ["a call in a pure layer", "src/policy/a.ts", `export const a = () => fetch("/");`, "uses fetch()"],
    ["a timer in a pure layer", "src/policy/a.ts", "setTimeout(() => {}, 1);", "uses setTimeout()"],
    ["chance in a pure layer", "src/policy/a.ts", "export const a = Math.random();", "uses Math.random()"],
    ["the environment in a pure layer", "src/errors.ts", "export const a = process.env.A;", "uses process.env"],
    ["a database in a pure layer", "src/policy/a.ts", `import { Database } from "bun:sqlite";`, "uses bun:sqlite"],
    [
      "a file in a pure layer",
      "src/policy/a.ts",
      `import { readFile } from "node:fs/promises";`,
      "uses node:fs/promises",
    ],
  ];
  test.each(planted)("%s", (_what, path, source, complaint) => {
    expect(violationsOf(path, source).join("\n")).toContain(complaint);
  });

  test("a circle of files", () => {
    const circle = violationsOf("src/lib/a.ts", `import { b } from "./b.ts";`, {
      "src/lib/b.ts": `import { c } from "./c.ts";`,
      "src/lib/c.ts": `import { a } from "./a.ts";`,
    });
    expect(circle).toEqual(["imports run in a circle: src/lib/a.ts → src/lib/b.ts → src/lib/c.ts → src/lib/a.ts"]);
  });

  test("a circle in the table", () => {
    const rows = "| `a` | `src/a/` | `b` | |\n| `b` | `src/b/` | `a` | |\n";
    expect(findLayerCycles(parseLayers(head + rows))).toEqual(["a → b → a"]);
    expect(() => parseLayers(`${head}| \`a\` | \`src/a/\` | \`gone\` | |\n`)).toThrow("unknown layer: gone");
    expect(() => parseLayers(`${head}| \`a\` | \`src/a/\` | b | |\n`)).toThrow("cannot read");
  });

  test("nothing wrong in what is allowed", () => {
    const source = `
      import type { Row } from "../store/rows.ts";
      import { type GatewayError } from "../errors.ts";
      // import { x } from "../control/x.ts";
      const text = 'import { y } from "../control/x.ts"';
      export const at = (now: number) => new Date(now).toISOString() + text + now.toString();
    `;
    expect(violationsOf("src/policy/a.ts", source)).toEqual([]);
    expect(scanImports("src/policy/a.ts", source)).toEqual([
      { specifier: "../store/rows.ts", typeOnly: true },
      { specifier: "../errors.ts", typeOnly: true },
    ]);
  });
});

async function readSources(folders: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const paths = folders.flatMap((folder) => [...new Bun.Glob(`${folder}/**/*.{ts,tsx}`).scanSync({ cwd: ROOT })]);
  return new Map(
    await Promise.all(paths.sort().map(async (path) => [path, await Bun.file(join(ROOT, path)).text()] as const)),
  );
}
