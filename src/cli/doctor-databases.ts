import { Database } from "bun:sqlite";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { MIGRATIONS } from "../../migrations/index.ts";
import { decodeMasterKey } from "../config.ts";
import { Vault } from "../lib/secret.ts";
import { describeFault } from "../store/store-error.ts";
import { databasesIn } from "./backup.ts";
import type { Finding } from "./doctor.ts";

/** A broken page passes every query that does not meet it; only this finds it. */
export function checkDatabases(root: string): Finding[] {
  const broken: Finding[] = [];
  const files = databasesIn(root);
  for (const file of files) {
    const found = look(join(root, file), (database) => {
      const rows = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").all();
      return rows[0]?.quick_check === "ok" ? null : (rows[0]?.quick_check ?? "no answer");
    });
    if (found === null) continue;
    const advice = "Stop Sluice and put the file back from a backup; a day of logs can also be moved away.";
    broken.push({ check: "database", state: "fail", found: `${file}: ${found}`, advice });
  }
  return broken.length > 0 ? broken : [{ check: "databases", state: "ok", found: `${files.length} files are sound` }];
}

export function checkMigrations(root: string): Finding[] {
  const check = "migrations";
  let applied = 0;
  const fault = look(join(root, "sluice.db"), (database) => {
    applied = database.query<{ n: number }, []>("SELECT count(*) AS n FROM migration").get()?.n ?? 0;
    return null;
  });
  if (fault !== null) return [{ check, state: "fail", found: fault }];
  if (applied > MIGRATIONS.length) {
    const found = `the database has ${applied}, this program knows ${MIGRATIONS.length}`;
    return [
      { check, state: "fail", found, advice: "A newer Sluice has written it: install that one, or restore a backup." },
    ];
  }
  const missing = MIGRATIONS.length - applied;
  const found = missing === 0 ? `all ${applied}` : `${missing} to come at the next start, after a copy`;
  return [{ check, state: "ok", found }];
}

/** `given`: by the environment, null when it stands in the directory. */
export function checkMasterKey(root: string, given: Uint8Array | null): Finding[] {
  const check = "master key";
  const path = join(root, "master.key");
  const back =
    "Put the old master.key back, or set MASTER_KEY or MASTER_KEY_FILE: without it the upstream keys cannot be opened.";
  if (given === null && !existsSync(path)) return [{ check, state: "fail", found: `${path} is missing`, advice: back }];
  try {
    const vault = new Vault(given ?? decodeMasterKey(readFileSync(path, "utf8"), path));
    let isRight = true;
    const fault = look(join(root, "sluice.db"), (database) => {
      const row = database
        .query<{ value: Uint8Array }, [string]>("SELECT value FROM meta WHERE key = ?")
        .get("master_key_check");
      isRight = row === null || vault.keyId.equals(row.value.subarray(1, 5));
      return null;
    });
    if (fault !== null) return [{ check, state: "fail", found: fault }];
    if (!isRight) return [{ check, state: "fail", found: "is not the one that sealed this database", advice: back }];
  } catch (error) {
    const found = error instanceof Error ? error.message : "cannot be read";
    return [{ check, state: "fail", found, advice: back }];
  }
  const isOpen = given === null && process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0;
  if (isOpen) return [{ check, state: "warn", found: "others may read it", advice: `chmod 600 ${path}` }];
  const where = given === null ? "in the data directory" : "from the environment";
  return [{ check, state: "ok", found: `fits, ${where}: keep a copy of it apart from the backups` }];
}

/** What is wrong, or null. Without changing the file. */
function look(path: string, work: (database: Database) => string | null): string | null {
  let database: Database | null = null;
  try {
    database = new Database(path, { readonly: true });
    database.run("PRAGMA busy_timeout = 5000");
    return work(database);
  } catch (error) {
    return describeFault(error);
  } finally {
    database?.close();
  }
}
