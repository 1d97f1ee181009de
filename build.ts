// Makes the single binary: server, workers, console and migrations in one file, stamped with version and commit, then tried out.
//   bun build.ts [--target bun-linux-arm64] [--outfile dist/sluice] [--no-smoke]
import { mkdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { tryBinary } from "./test/support/binary.ts";

const ROOT = import.meta.dir;
const HOST_TARGET = `bun-${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;

const { values: options } = parseArgs({
  options: {
    target: { type: "string", default: HOST_TARGET },
    outfile: { type: "string", default: join(ROOT, "dist/sluice") },
    "no-smoke": { type: "boolean", default: false },
  },
});
const outfile = resolve(options.outfile);

// Installs what is missing and builds the console, each only when it is out of date.
const prepared = Bun.spawnSync([process.execPath, "boot.mjs"], { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
if (!prepared.success) process.exit(prepared.exitCode);
await compile();
console.log(`${outfile}: ${((await stat(outfile)).size / 1e6).toFixed(1)} MB for ${options.target}`);

if (options["no-smoke"] || options.target !== HOST_TARGET) {
  console.log("not tried out: it is made for another machine, or --no-smoke was given");
} else {
  const { startMs, stopMs, idleBytes } = await tryBinary(outfile);
  const idle = idleBytes === null ? "" : `${(idleBytes / 1e6).toFixed(1)} MB at rest, `;
  console.log(
    `tried out: ${startMs.toFixed(0)} ms to the first 200 of /health, ${idle}${stopMs.toFixed(0)} ms to end on SIGTERM`,
  );
}

async function compile(): Promise<void> {
  await mkdir(dirname(outfile), { recursive: true });
  const workers = [...new Bun.Glob("src/store/*-worker.ts").scanSync({ cwd: ROOT })].sort();
  const result = await Bun.build({
    entrypoints: [await writeEntry(), ...workers].map((path) => join(ROOT, path)),
    // Workers are found in the binary by their path from here (src/store/spawn-worker.ts).
    root: ROOT,
    target: "bun",
    format: "esm",
    // Never the identifiers: Elysia reads the text of handlers to learn what they use.
    minify: { whitespace: true, syntax: true },
    bytecode: true,
    // What is imported later is read later: the entry replaces its process before the rest of the program is touched.
    splitting: true,
    define: { "process.env.SLUICE_COMMIT": JSON.stringify(commit()), "process.env.NODE_ENV": '"production"' },
    compile: {
      target: options.target as Bun.Build.CompileTarget,
      outfile,
      // Files of the directory that the binary happens to be started in must not change what it does.
      autoloadDotenv: false,
      autoloadBunfig: false,
    },
  });
  if (!result.success) throw new AggregateError(result.logs, "The binary does not compile");
}

/** The console travels as imports that exist only after it has been built, so the binary has an entry of its own. */
async function writeEntry(): Promise<string> {
  const path = "dist/sluice.ts";
  const lines = [
    "// Made by build.ts.",
    'import { restartWithRuntimeOptions } from "../src/runtime-options.ts";',
    "restartWithRuntimeOptions();",
    'const { documents, files, graphiql, routes } = await import("./console/embedded.ts");',
    'const { main } = await import("../src/main.ts");',
    "await main({ documents, files, graphiql, routes });",
  ];
  await Bun.write(join(ROOT, path), `${lines.join("\n")}\n`);
  return path;
}

/** Short hash, with a mark when the tree differs from it; empty where there is no repository (in a container's build). */
function commit(): string {
  if (process.env.SLUICE_COMMIT) return process.env.SLUICE_COMMIT.slice(0, 12);
  if (!Bun.which("git")) return "";
  const command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
  const git = Bun.spawnSync(command, { cwd: ROOT, stderr: "ignore" });
  return git.success ? git.stdout.toString().trim() : "";
}
