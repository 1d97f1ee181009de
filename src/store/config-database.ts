import { Database, type SQLQueryBindings, type Statement } from "bun:sqlite";
import { eq } from "drizzle-orm";
import { type BunSQLiteDatabase, drizzle } from "drizzle-orm/bun-sqlite";
import { MIGRATIONS, type Migration } from "../../migrations/index.ts";
import { Secret, type Vault } from "../lib/secret.ts";
import { makePrivate } from "./data-directory.ts";
import { migrate } from "./migrate.ts";
import { setPragmas } from "./pragmas.ts";
import { describeFault, isLocked, StoreError } from "./store-error.ts";
import { meta } from "./tables/meta.ts";

/** Inside a transaction or out of one. */
export type Queries = Pick<BunSQLiteDatabase, "get" | "select" | "selectDistinct" | "insert" | "update" | "delete">;

const LOCK_RETRY_MS = 25;
const LOCK_GIVE_UP_MS = 3000;

/** The configuration file. Its queries are short and run on the main thread; nothing on a request's way uses it. */
export class ConfigDatabase {
  readonly #database: Database;
  readonly #statements: ScopedStatements;
  readonly #queries: BunSQLiteDatabase;
  #isTogether = false;

  private constructor(database: Database) {
    this.#database = database;
    this.#statements = new ScopedStatements(database);
    // All that Drizzle asks of it: transactions are ours.
    this.#queries = drizzle({ client: this.#statements as unknown as Database });
  }

  /** Opens, migrates and checks that `vault` is the one whose secrets are inside. Throws StoreError. */
  static open(path: string, vault: Vault, migrations: readonly Migration[] = MIGRATIONS): ConfigDatabase {
    let database: Database | null = null;
    try {
      database = new Database(path, { create: true, readwrite: true, strict: true });
      makePrivate(path);
      const pragmas = [
        ["journal_mode", "wal"],
        ["synchronous", 2], // FULL: an acknowledged change survives a power cut
        ["foreign_keys", 0],
        ["busy_timeout", 20], // held by another program: retried between turns of the event loop, see write()
      ] as const;
      setPragmas(database, pragmas, path);
      migrate(database, path, migrations);
      setPragmas(database, [["foreign_keys", 1]], path);
      const opened = new ConfigDatabase(database);
      opened.#guard(() => checkMasterKey(opened.#queries, vault, path));
      return opened;
    } catch (error) {
      database?.close();
      throw error instanceof StoreError ? error : new StoreError(`cannot open ${path}: ${describeFault(error)}`, error);
    }
  }

  read<T>(work: (queries: Queries) => T): T {
    return this.#guard(() => work(this.#queries));
  }

  /** One immediate transaction. `work` must be synchronous: bun:sqlite commits when it returns. */
  write<T>(work: (queries: Queries) => T): Promise<T> {
    return this.#patiently(() => this.#transact(() => work(this.#queries)));
  }

  /** Makes one transaction of all that `work` writes. While it runs nobody else may write: what they write would go with it. */
  async writeTogether<T>(work: () => Promise<T>): Promise<T> {
    await this.#patiently(() => this.#database.run("BEGIN IMMEDIATE"));
    this.#isTogether = true;
    try {
      const result = await work();
      this.#guard(() => this.#database.run("COMMIT"));
      return result;
    } finally {
      this.#isTogether = false;
      if (this.#database.inTransaction) this.#database.run("ROLLBACK");
    }
  }

  close(): void {
    this.#database.close();
  }

  /** Another program may hold the file for a moment. */
  async #patiently<T>(work: () => T): Promise<T> {
    const deadline = Date.now() + LOCK_GIVE_UP_MS;
    for (;;) {
      try {
        return this.#guard(work);
      } catch (error) {
        if (!isLocked(error) || Date.now() > deadline) throw error;
        await Bun.sleep(LOCK_RETRY_MS);
      }
    }
  }

  #transact<T>(work: () => T): T {
    if (this.#isTogether) return work();
    this.#database.run("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.run("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.inTransaction) this.#database.run("ROLLBACK");
      throw error;
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new StoreError(`the configuration database failed: ${describeFault(error)}`, error);
    } finally {
      this.#statements.finalizeAll();
    }
  }
}

/**
 * Drizzle prepares a statement per query and leaves it to the garbage collector, and SQLite keeps a file open, its write-ahead log
 * too, while one is left: these end with the call that made them.
 */
class ScopedStatements {
  #open: Statement[] = [];

  constructor(private readonly database: Database) {}

  prepare(sql: string): Statement {
    const statement = this.database.prepare<unknown, SQLQueryBindings[]>(sql);
    this.#open.push(statement);
    return statement;
  }

  finalizeAll(): void {
    for (const statement of this.#open.splice(0)) statement.finalize();
  }
}

const CHECK = { table: "meta", row: "master_key_check", column: "value" };

function checkMasterKey(queries: Queries, vault: Vault, path: string): void {
  const row = queries.select().from(meta).where(eq(meta.key, CHECK.row)).get();
  if (row === undefined) {
    const value = Buffer.from(vault.seal(new Secret("sluice"), CHECK));
    queries.insert(meta).values({ key: CHECK.row, value }).run();
    return;
  }
  if (!row.value.subarray(1, 5).equals(vault.keyId)) {
    throw new StoreError(
      `${path} was sealed with another master key: set MASTER_KEY or MASTER_KEY_FILE to it, or put the old master.key back into DATA_DIR`,
    );
  }
  try {
    vault.open(row.value, CHECK);
  } catch (error) {
    throw new StoreError(`${path}: the master key is right, but its check value is damaged: restore a backup`, error);
  }
}
