import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { describeFault, StoreError } from "./store-error.ts";

/** Where everything stands. */
export interface DataDirectory {
  readonly root: string;
  /** Configuration: written by the main thread, rarely, and synced to disk each time. */
  readonly config: string;
  /** Key health, use counters, last uses: written by the writer Worker alone. */
  readonly state: string;
  /** Roll-ups: writer Worker. */
  readonly usage: string;
  /** Responses kept for their clients: writer Worker. */
  readonly responses: string;
  /** Sealed contents of files; made with the first of them. */
  readonly files: string;
  /** Held by the running instance. */
  readonly lock: string;
  /** One request log per UTC day: writer Worker. */
  readonly logs: string;
}

/** Makes the directory (0700) when it is missing and proves that it can be written. Throws StoreError. */
export function prepareDataDirectory(path: string): DataDirectory {
  const root = resolve(path);
  const directory = {
    root,
    config: join(root, "sluice.db"),
    state: join(root, "state.db"),
    usage: join(root, "usage.db"),
    responses: join(root, "responses.db"),
    files: join(root, "files"),
    lock: join(root, "lock.db"),
    logs: join(root, "logs"),
  };
  try {
    mkdirSync(directory.logs, { recursive: true, mode: 0o700 });
    // SQLite ends the process with a bus error when its shared-memory file cannot be written: look before it opens anything.
    for (const folder of [root, directory.logs]) {
      accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
      const probe = join(folder, `.write-test-${process.pid}`);
      const file = openSync(probe, "w", 0o600);
      try {
        writeSync(file, "x");
      } finally {
        closeSync(file);
        rmSync(probe, { force: true });
      }
    }
    for (const name of readdirSync(root)) {
      if (/\.db(-wal|-shm)?$/.test(name)) accessSync(join(root, name), constants.R_OK | constants.W_OK);
    }
  } catch (error) {
    throw new StoreError(`cannot write to the data directory ${root} (DATA_DIR): ${describeFault(error)}`, error);
  }
  return directory;
}

/** Best effort: some file systems have no permissions. */
export function makePrivate(path: string): void {
  try {
    chmodSync(path, 0o600);
  } catch {
    // Nothing to do: the directory itself is 0700.
  }
}
