import { Database } from "bun:sqlite";
import { makePrivate } from "./data-directory.ts";
import { describeFault, isLocked, StoreError } from "./store-error.ts";

export interface InstanceLock {
  release(): void;
}

/**
 * Holds the data directory for this process: an open exclusive transaction on a small database. The operating system drops it with
 * the process, even on kill -9, which a lock file with a process id cannot promise. Throws StoreError when another instance has it.
 */
export function holdInstanceLock(path: string, root: string): InstanceLock {
  let database: Database | null = null;
  try {
    database = new Database(path, { create: true, readwrite: true });
    makePrivate(path);
    // A predecessor that is just ending may need a moment.
    database.run("PRAGMA busy_timeout = 300");
    database.run("PRAGMA journal_mode = DELETE");
    database.run("BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    if (isLocked(error)) {
      throw new StoreError(
        `another Sluice is running on the data directory ${root}: stop it, or set DATA_DIR to another directory`,
        error,
      );
    }
    throw new StoreError(`cannot lock the data directory ${root}: ${describeFault(error)}`, error);
  }
  const held = database;
  return {
    release() {
      held.run("ROLLBACK");
      held.close();
    },
  };
}
