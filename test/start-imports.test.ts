import { expect, test } from "bun:test";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dir, "..");

/** Each costs a start milliseconds and megabytes, and a gateway that only relays needs none of it. */
const NOT_AT_START = [
  "@pothos/core",
  "graphql",
  "graphql-yoga",
  "node:dns/promises",
  "node:zlib",
  "oauth4webapi",
  // Not "zod/mini": the environment and the settings are read with it.
  "zod",
];

test("what a start loads holds nothing that only administrators need", async () => {
  const loaded = await staticImports(["src/main.ts", "src/app.ts"]);
  expect([...loaded.keys()].filter((name) => NOT_AT_START.includes(name)).map((name) => loaded.get(name))).toEqual([]);
  expect(loaded.has("zod/mini")).toBe(true); // the walk arrives
});

test("the writer comes without Node's streams, which its ciphers would bring", async () => {
  const loaded = await staticImports(["src/store/writer-worker.ts"]);
  expect(loaded.get("node:crypto")).toBeUndefined();
  expect(loaded.has("bun:sqlite")).toBe(true);
});

/** Packages and built-in modules that these files import without `import()`, each with the way to it. */
async function staticImports(entries: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const transpiler = new Bun.Transpiler({ loader: "ts" });
  const found = new Map<string, string>();
  const ways = new Map(entries.map((path) => [path, path]));
  for (const [path, way] of ways) {
    if (!path.endsWith(".ts")) continue;
    for (const each of transpiler.scanImports(await Bun.file(join(ROOT, path)).text())) {
      if (each.kind !== "import-statement") continue;
      if (!each.path.startsWith(".")) {
        if (!found.has(each.path)) found.set(each.path, `${way} → ${each.path}`);
        continue;
      }
      const target = join(dirname(path), each.path);
      if (!ways.has(target)) ways.set(target, `${way} → ${target}`);
    }
  }
  return found;
}
