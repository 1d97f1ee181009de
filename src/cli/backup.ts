import { Database } from "bun:sqlite";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { describeFault } from "../store/store-error.ts";
import type { Call, Command } from "./cli.ts";
import { CommandFailed } from "./failure.ts";
import { text } from "./flags.ts";

export const backupCommands: Readonly<Record<string, Command>> = {
  "": { texts: ["data-dir"], switches: [], words: 1, run: backup },
};

/** Held by a running gateway, worth nothing to another. */
const LEFT_OUT = new Set(["lock.db"]);

/**
 * Consistent copies of every database, each of one moment, made beside a running gateway or of a stopped one; uploaded files are
 * sealed and written once, so copying them is enough. Needs the directory and no token. The master key is not in it: whoever has both
 * has the keys.
 */
async function backup({ options, positionals, env, out }: Call): Promise<void> {
  const from = resolve(text(options["data-dir"]) ?? env.DATA_DIR ?? "./data");
  if (!existsSync(join(from, "sluice.db"))) throw new CommandFailed(`${from} is no data directory: give --data-dir`);
  const to = resolve(
    positionals[0] ?? `sluice-backup-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-")}`,
  );
  if (existsSync(to) && readdirSync(to).length > 0) throw new CommandFailed(`${to} is not empty`);
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const copied: { file: string; bytes: number }[] = [];
  for (const file of databasesIn(from)) {
    const target = join(to, file);
    mkdirSync(join(target, ".."), { recursive: true, mode: 0o700 });
    copyDatabase(join(from, file), target);
    copied.push({ file, bytes: statSync(target).size });
  }
  const files = join(from, "files");
  if (existsSync(files)) cpSync(files, join(to, "files"), { recursive: true, preserveTimestamps: true });
  if (out.isJson) return out.json({ directory: to, databases: copied });
  out.table(
    ["database", "bytes"],
    copied.map(({ file, bytes }) => [file, bytes]),
  );
  out.line(`copied to ${to}. To restore, make it the DATA_DIR of a stopped gateway.`);
  out.line(
    "The master key is not in it: keep a copy of master.key (or MASTER_KEY) apart, without it the upstream keys cannot be opened.",
  );
}

/** By their path from the data directory. */
export function databasesIn(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".db") && !LEFT_OUT.has(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

function copyDatabase(path: string, target: string): void {
  let database: Database | null = null;
  try {
    database = new Database(path, { readonly: true });
    database.run("PRAGMA busy_timeout = 10000");
    database.run("VACUUM INTO ?", [target]);
    chmodSync(target, 0o600);
  } catch (error) {
    throw new CommandFailed(`${path} cannot be copied: ${describeFault(error)}`);
  } finally {
    database?.close();
  }
}
