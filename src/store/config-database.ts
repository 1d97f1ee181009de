import { Database, type SQLQueryBindings, type Statement } from "bun:sqlite";
import { eq } from "drizzle-orm";
import { type BunSQLiteDatabase, drizzle } from "drizzle-orm/bun-sqlite";
import { MIGRATIONS, type Migration } from "../../migrations/index.ts";
import { Secret, type Vault } from "../lib/secret.ts";
import { type Author, currentAuthor } from "./author.ts";
import type { ConfigAccess, Queries } from "./config-access.ts";
import type { ObjectChange, RowChange } from "./config-changes.ts";
import { writeRevision } from "./config-history.ts";
import { makePrivate } from "./data-directory.ts";
import { Journal, type JournaledChange } from "./journal.ts";
import { migrate } from "./migrate.ts";
import { openSynced } from "./new-file.ts";
import { setPragmas } from "./pragmas.ts";
import { restoreObjects, undoRows } from "./revert.ts";
import { describeFault, isLocked, StoreError } from "./store-error.ts";
import { meta } from "./tables/meta.ts";

export type { Queries } from "./config-access.ts";

const LOCK_RETRY_MS = 25;
const LOCK_GIVE_UP_MS = 3000;
const MOST_REWRITTEN_BYTES = 128 * 1_048_576;

/**
 * The configuration file. Its queries are short and run on the main thread; nothing on a request's way uses it. Each transaction that
 * changes the configuration leaves a revision in the history, whichever noun's store it came from.
 */
export class ConfigDatabase implements ConfigAccess {
  readonly #path: string;
  readonly #database: Database;
  readonly #statements: ScopedStatements;
  readonly #queries: BunSQLiteDatabase;
  #journal: Journal | null = null;
  readonly #listeners = new Set<(changes: readonly JournaledChange[]) => void>();
  /** The transaction of several writes that is open now: others wait for it, and do not see into it. */
  #together: { readonly ended: Promise<void>; readonly committed: CommittedView } | null = null;

  private constructor(database: Database, path: string) {
    this.#path = path;
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
        ["secure_delete", 1], // what is deleted or sealed is gone from the file, too
        ["foreign_keys", 0],
        ["busy_timeout", 20], // held by another program: retried between turns of the event loop, see write()
      ] as const;
      const opened = new ConfigDatabase(database, path);
      // FULL: an acknowledged change survives a power cut
      openSynced(database, path, 2, () => {
        setPragmas(opened.#database, pragmas, path);
        migrate(opened.#database, path, migrations);
        setPragmas(opened.#database, [["foreign_keys", 1]], path);
        opened.#guard(() => checkMasterKey(opened.#queries, vault, path));
      });
      return opened;
    } catch (error) {
      database?.close();
      throw error instanceof StoreError ? error : new StoreError(`cannot open ${path}: ${describeFault(error)}`, error);
    }
  }

  read<T>(work: (queries: Queries) => T): T {
    if (this.#together !== null) return this.#together.committed.read(work);
    return this.#guard(() => work(this.#queries));
  }

  async write<T>(work: (queries: Queries) => T): Promise<T> {
    await this.#alone();
    return this.#patiently(() => this.#transact(() => work(this.#queries)));
  }

  /**
   * Makes one transaction of all that `work` writes through `inside`: all of it or nothing. Meanwhile other writes wait, and other
   * reads see what was committed before.
   */
  async writeTogether<T>(work: (inside: ConfigAccess) => Promise<T>, author: Author = currentAuthor()): Promise<T> {
    await this.#alone();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const committed = new CommittedView(this.#path);
    this.#together = { ended, committed };
    try {
      await this.#patiently(() => this.#begin());
      const inside: ConfigAccess = {
        read: (query) => this.#guard(() => query(this.#queries)),
        write: async (change) => this.#guard(() => change(this.#queries)),
      };
      const result = await work(inside);
      this.#guard(() => this.#commit(author));
      return result;
    } finally {
      this.#rollBack();
      committed.close();
      this.#together = null;
      end();
    }
  }

  /** Takes back the row changes that `plan` names, newest first. False, and nothing is done, when it answers null. */
  undo(plan: (queries: Queries) => readonly RowChange[] | null): Promise<boolean> {
    return this.#withoutReferences((journal) => {
      const changes = plan(this.#queries);
      if (changes !== null) undoRows(this.#database, journal.tables, changes);
      return changes !== null;
    });
  }

  /** Brings back the removed objects that `plan` names. Returns the ids of those that cannot come back. */
  restore(plan: (queries: Queries) => readonly ObjectChange[]): Promise<string[]> {
    return this.#withoutReferences((journal) => restoreObjects(this.#database, journal.tables, plan(this.#queries)));
  }

  /** Hears of each transaction that changed the configuration, as soon as it is committed. Returns what ends that. */
  onCommit(listener: (changes: readonly JournaledChange[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Writes the file anew, so that no byte of what was overwritten is left in it. One of this size takes half a second. */
  async rewrite(): Promise<void> {
    await this.#alone();
    const { size } = Bun.file(this.#path);
    await this.#patiently(() => {
      if (size <= MOST_REWRITTEN_BYTES) this.#database.run("VACUUM");
      this.#database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    });
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

  /** Until no transaction of several writes is open. */
  async #alone(): Promise<void> {
    while (this.#together !== null) await this.#together.ended;
  }

  async #withoutReferences<T>(work: (journal: Journal) => T): Promise<T> {
    await this.#alone();
    return this.#patiently(() => {
      // Cannot be changed inside a transaction.
      this.#database.run("PRAGMA foreign_keys = 0");
      try {
        return this.#transact(() => work(this.#journal!));
      } finally {
        this.#database.run("PRAGMA foreign_keys = 1");
      }
    });
  }

  #transact<T>(work: () => T): T {
    this.#begin();
    try {
      const result = work();
      this.#commit(currentAuthor());
      return result;
    } finally {
      this.#rollBack();
    }
  }

  #begin(): void {
    // Not before the first write: most starts have none.
    this.#journal ??= new Journal(this.#database);
    this.#database.run("BEGIN IMMEDIATE");
  }

  #commit(author: Author): void {
    const changes = this.#journal!.drain();
    if (changes.length > 0) writeRevision(this.#queries, author, changes);
    this.#database.run("COMMIT");
    if (changes.length > 0) for (const listener of this.#listeners) listener(changes);
  }

  /** Of what was not committed. */
  #rollBack(): void {
    if (this.#database.inTransaction) this.#database.run("ROLLBACK");
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

/** The file as it was before the open transaction, over a connection of its own that is made when somebody asks. */
class CommittedView {
  readonly #path: string;
  #database: Database | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  read<T>(work: (queries: Queries) => T): T {
    this.#database ??= new Database(this.#path, { readonly: true, strict: true });
    const statements = new ScopedStatements(this.#database);
    try {
      return work(drizzle({ client: statements as unknown as Database }));
    } catch (error) {
      throw new StoreError(`the configuration database failed: ${describeFault(error)}`, error);
    } finally {
      statements.finalizeAll();
    }
  }

  close(): void {
    this.#database?.close();
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
