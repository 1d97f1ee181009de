// The bridge from a machine that has only Node and npm to Bun: installs what the lock file says when node_modules differs from it,
// repairs Bun (install scripts are off, so npm leaves a placeholder) and builds the console when its sources changed.
//   node boot.mjs               prepares; `start` in package.json then becomes Bun, so that signals and exit code are Bun's own
//   node boot.mjs FILE [args]   prepares and runs FILE with Bun, handing on signals and exit code
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BUN = "node_modules/bun/bin/bun.exe"; // this name on every platform
const CONSOLE_STAMP = "dist/console/.inputs";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));
const parent = process.ppid;

if (!isInstalled()) await install();
// npm's placeholder is a few hundred bytes, Bun is a hundred megabytes.
if (statSync(BUN).size < 1_000_000) await run(process.execPath, ["node_modules/bun/install.js"], quiet());
const inputs = consoleInputs();
if (!existsSync(CONSOLE_STAMP) || readFileSync(CONSOLE_STAMP, "utf8") !== inputs) {
  await run(BUN, ["client/build.ts"], quiet());
  writeFileSync(CONSOLE_STAMP, inputs);
}
const [file, ...args] = process.argv.slice(2);
if (file) await run(BUN, [file, ...args], "inherit");

/** Compares what npm noted in node_modules with the lock file: exact, and spared by an interrupted installation. */
function isInstalled() {
  const noted = "node_modules/.package-lock.json";
  if (!existsSync(noted)) return false;
  const wanted = JSON.parse(readFileSync("package-lock.json", "utf8")).packages;
  const present = JSON.parse(readFileSync(noted, "utf8")).packages;
  // Optional packages of other platforms are never installed.
  const isThere = ([path, entry]) =>
    present[path] ? present[path].version === entry.version : entry.optional || entry.devOptional;
  return Object.entries(wanted).every((each) => each[0] === "" || isThere(each));
}

/** Bun and the console's build tools are devDependencies: NODE_ENV=production must not leave them out. */
async function install() {
  if (process.versions.bun) return run(process.execPath, ["install", "--frozen-lockfile"], quiet());
  const npm = process.env.npm_execpath?.endsWith("npm-cli.js") ? [process.execPath, process.env.npm_execpath] : ["npm"];
  console.error("sluice: installing packages from package-lock.json");
  return run(npm[0], [...npm.slice(1), "ci", "--include=dev", "--loglevel=error", "--no-progress"], quiet());
}

/** One digest of everything the console is made from. */
function consoleInputs() {
  const files = readdirSync("client", { recursive: true })
    .map((name) => join("client", name))
    .filter((name) => statSync(name).isFile())
    .sort();
  const digest = createHash("sha256");
  for (const name of [...files, "schema/schema.graphql", "package-lock.json"].filter((each) => existsSync(each))) {
    digest.update(`${name}\0`).update(readFileSync(name)).update("\0");
  }
  return digest.digest("hex");
}

/** What the preparation prints goes to stderr: stdout belongs to the program. */
function quiet() {
  return ["ignore", 2, 2];
}

/** Resolves when the command succeeded; ends this process with the command's exit code otherwise. */
function run(command, commandArgs, stdio) {
  const child = spawn(command, commandArgs, { stdio });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // Whoever started this is gone (npm ends without waiting when its shell does): do not go on installing behind his back.
  const orphaned = setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), 250);
  return new Promise((resolve) => {
    child.on("error", (error) => {
      console.error(`sluice: cannot run ${command}: ${error.message}`);
      process.exit(1);
    });
    child.on("exit", (code, signal) => {
      clearInterval(orphaned);
      if (code === 0 && process.ppid === parent) resolve();
      else process.exit(code || (signal ? 128 + constants.signals[signal] : 1));
    });
  });
}
