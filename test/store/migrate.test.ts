import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from "drizzle-kit/api";
import { MIGRATIONS, type Migration } from "../../migrations/index.ts";
import { Secret, Vault } from "../../src/lib/secret.ts";
import { ConfigDatabase } from "../../src/store/config-database.ts";
import { migrate } from "../../src/store/migrate.ts";
import { clientKey } from "../../src/store/tables/client-key.ts";
import { modelTarget } from "../../src/store/tables/model.ts";
import { provider } from "../../src/store/tables/provider.ts";
import { cleanUp, MASTER_KEY, onCleanup, temporaryDirectory } from "./fixtures.ts";

afterEach(cleanUp);

const FIRST: Migration = {
  name: "0000_first",
  sql: "CREATE TABLE thing (id TEXT PRIMARY KEY, owner TEXT REFERENCES thing(id));\n--> statement-breakpoint\nINSERT INTO thing VALUES ('a', NULL);",
};
const SECOND: Migration = { name: "0001_second", sql: "ALTER TABLE thing ADD COLUMN memo TEXT;" };

function open(path: string): Database {
  const database = new Database(path, { create: true });
  onCleanup(() => database.close());
  return database;
}

function columns(database: Database): string[] {
  return database
    .query<{ name: string }, []>("PRAGMA table_info(thing)")
    .all()
    .map((column) => column.name);
}

describe("migrations", () => {
  test("run in order, once", () => {
    const path = join(temporaryDirectory(), "a.db");
    const database = open(path);
    migrate(database, path, [FIRST]);
    migrate(database, path, [FIRST, SECOND]);
    migrate(database, path, [FIRST, SECOND]);
    expect(columns(database)).toEqual(["id", "owner", "memo"]);
  });

  test("a copy is made before an existing database is changed, and only then", () => {
    const path = join(temporaryDirectory(), "a.db");
    const database = open(path);
    migrate(database, path, [FIRST]);
    migrate(database, path, [FIRST]);
    expect(existsSync(`${path}.before-1`)).toBe(false);
    migrate(database, path, [FIRST, SECOND]);
    const copy = open(`${path}.before-1`);
    expect(columns(copy)).toEqual(["id", "owner"]);
    expect(copy.query("SELECT id FROM thing").all()).toEqual([{ id: "a" }]);
  });

  test("one that fails or is killed leaves nothing behind, and the next start finishes it", () => {
    const path = join(temporaryDirectory(), "a.db");
    const database = open(path);
    migrate(database, path, [FIRST]);
    const killedHalfway = { ...SECOND, sql: `${SECOND.sql}\n--> statement-breakpoint\nSELECT kill();` };
    expect(() => migrate(database, path, [FIRST, killedHalfway])).toThrow();
    expect(columns(database)).toEqual(["id", "owner"]);
    database.run(`VACUUM INTO '${path}.before-1.part'`); // as a kill during the copy leaves it
    migrate(database, path, [FIRST, SECOND]);
    expect(columns(database)).toEqual(["id", "owner", "memo"]);
    expect(existsSync(`${path}.before-1.part`)).toBe(false);
  });

  test("of a new database are all or none: one that fails leaves it empty, and without a copy", () => {
    const path = join(temporaryDirectory(), "a.db");
    const database = open(path);
    const failing = { ...SECOND, sql: `${SECOND.sql}\n--> statement-breakpoint\nSELECT kill();` };
    expect(() => migrate(database, path, [FIRST, failing])).toThrow();
    expect(database.query("SELECT name FROM sqlite_master").all()).toEqual([]);
    migrate(database, path, [FIRST, SECOND]);
    expect(columns(database)).toEqual(["id", "owner", "memo"]);
    expect(existsSync(`${path}.before-1`)).toBe(false);
  });

  test("a database of a newer program is refused and untouched", () => {
    const path = join(temporaryDirectory(), "a.db");
    const database = open(path);
    migrate(database, path, [FIRST, SECOND]);
    expect(() => migrate(database, path, [FIRST])).toThrow(/newer version of Sluice/);
    expect(columns(database)).toEqual(["id", "owner", "memo"]);
  });

  test("a migration that was changed after it ran is noticed", () => {
    const path = join(temporaryDirectory(), "a.db");
    const database = open(path);
    migrate(database, path, [FIRST]);
    expect(() => migrate(database, path, [{ ...FIRST, sql: `${FIRST.sql} ` }, SECOND])).toThrow(/0000_first/);
  });

  test("one that would break references is undone", () => {
    const path = join(temporaryDirectory(), "a.db");
    const database = open(path);
    migrate(database, path, [FIRST]);
    const breaking = { name: "0001_breaking", sql: "INSERT INTO thing VALUES ('b', 'nobody');" };
    expect(() => migrate(database, path, [FIRST, breaking])).toThrow(/broken references/);
    expect(database.query("SELECT id FROM thing").all()).toEqual([{ id: "a" }]);
  });
});

describe("the project's migrations", () => {
  const folder = join(import.meta.dir, "../../migrations");

  test("are all in index.ts, in order", () => {
    const files = readdirSync(folder).filter((name) => name.endsWith(".sql"));
    expect(MIGRATIONS.map((migration) => `${migration.name}.sql`)).toEqual(files.sort());
    for (const { name, sql } of MIGRATIONS) expect(readFileSync(join(folder, `${name}.sql`), "utf8")).toBe(sql);
  });

  // When this fails: `bunx drizzle-kit generate --name what_changed`, then add the file to migrations/index.ts.
  test("make the tables that the program uses", async () => {
    const snapshots = readdirSync(join(folder, "meta")).filter((name) => name.endsWith("_snapshot.json"));
    const last = JSON.parse(readFileSync(join(folder, "meta", snapshots.sort().at(-1)!), "utf8"));
    const now = await generateSQLiteDrizzleJson(await everyTable(), last.id);
    expect(await generateSQLiteMigration(last, now)).toEqual([]);
  });

  test("really make them: every column of every table is there", () => {
    const path = join(temporaryDirectory(), "sluice.db");
    ConfigDatabase.open(path, new Vault(MASTER_KEY)).close();
    const database = open(path);
    const made = database
      .query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all();
    expect(made.map((table) => table.name).sort()).toEqual([
      "admin_token",
      "alert",
      "alert_channel",
      "alert_delivery",
      "alert_rule",
      "audit_entry",
      "audit_subject",
      "client_key",
      "config_revision",
      "config_revision_item",
      "conversation",
      "file",
      "file_copy",
      "job",
      "job_item",
      "key_balance",
      "message",
      "message_attachment",
      "meta",
      "migration",
      "model",
      "model_name",
      "model_target",
      "provider",
      "provider_key",
      "provider_offer",
      "provider_quirk",
      "saved_view",
      "session",
      "setting",
      "sign_in_provider",
      "user",
    ]);
  });
});

describe("an older database", () => {
  test("gets what translation needs, and keeps what it had", () => {
    const path = join(temporaryDirectory(), "sluice.db");
    const vault = new Vault(MASTER_KEY);
    ConfigDatabase.open(path, vault, MIGRATIONS.slice(0, 1)).close();
    const before = open(path);
    before.run(
      "INSERT INTO provider VALUES ('prv_1','old','openai','https://api.openai.com/v1',NULL,NULL,'round_robin',1,NULL,1,1,1)",
    );
    before.run("INSERT INTO model VALUES ('mdl_1',NULL,'[]',NULL,NULL,1,NULL,1,1,1)");
    before.run("INSERT INTO model_target VALUES ('mdl_1',0,'prv_1','gpt-4.1',0,1,1)");
    before.run("INSERT INTO client_key VALUES ('cky_1','team','h','sk-…',NULL,1,NULL,'[]',NULL,NULL,1,1,1)");
    before.close();
    const database = ConfigDatabase.open(path, vault);
    onCleanup(() => database.close());
    const [upstream, target, client] = database.read((queries) => [
      queries.select().from(provider).get(),
      queries.select().from(modelTarget).get(),
      queries.select().from(clientKey).get(),
    ]);
    expect(upstream).toMatchObject({ name: "old", quirks: [], ignoredQuirks: [] });
    expect(target).toMatchObject({ upstreamModel: "gpt-4.1", traits: null });
    expect(client).toMatchObject({ name: "team", strictParameters: false, tags: [] });
    expect(existsSync(`${path}.before-1`)).toBe(true);
  });
});

describe("the configuration database", () => {
  test("is durable: write-ahead log, full sync, foreign keys", () => {
    const path = join(temporaryDirectory(), "sluice.db");
    const database = ConfigDatabase.open(path, new Vault(MASTER_KEY));
    onCleanup(() => database.close());
    const read = (name: string) => database.read((queries) => Object.values(queries.get<object>(`PRAGMA ${name}`))[0]);
    expect([read("journal_mode"), read("synchronous"), read("foreign_keys"), read("busy_timeout")]).toEqual([
      "wal",
      2,
      1,
      20,
    ]);
  });

  test("is made again when a power cut took its log before the first change was acknowledged", () => {
    const path = join(temporaryDirectory(), "sluice.db");
    const made = ConfigDatabase.open(path, new Vault(MASTER_KEY));
    const cut = join(temporaryDirectory(), "sluice.db");
    copyFileSync(path, cut); // What was synced, and nothing else.
    made.close();
    expect(statSync(cut).size).toBeGreaterThan(0);
    const database = ConfigDatabase.open(cut, new Vault(MASTER_KEY));
    onCleanup(() => database.close());
    expect(database.read((queries) => queries.select().from(clientKey).all())).toEqual([]);
  });

  test("survives a power cut after the first change as that left it", async () => {
    const path = join(temporaryDirectory(), "sluice.db");
    const made = ConfigDatabase.open(path, new Vault(MASTER_KEY));
    onCleanup(() => made.close());
    const row = {
      id: "prv_1",
      name: "x",
      kind: "openai",
      baseUrl: "https://a",
      strategy: "round_robin",
      enabled: true,
    } as const;
    await made.write((queries) =>
      queries
        .insert(provider)
        .values({ ...row, createdAt: 1, updatedAt: 1, version: 1 })
        .run(),
    );
    const cut = join(temporaryDirectory(), "sluice.db");
    for (const suffix of ["", "-wal"]) copyFileSync(path + suffix, cut + suffix);
    const database = ConfigDatabase.open(cut, new Vault(MASTER_KEY));
    onCleanup(() => database.close());
    expect(database.read((queries) => queries.select().from(provider).all())).toMatchObject([{ name: "x" }]);
  });

  test("opened with another master key says which variable to look at", () => {
    const path = join(temporaryDirectory(), "sluice.db");
    ConfigDatabase.open(path, new Vault(MASTER_KEY)).close();
    expect(() => ConfigDatabase.open(path, new Vault(new Uint8Array(32)))).toThrow(/another master key.*MASTER_KEY/);
    ConfigDatabase.open(path, new Vault(MASTER_KEY)).close();
  });

  test("a damaged check value is called damage, not a wrong key", () => {
    const path = join(temporaryDirectory(), "sluice.db");
    const vault = new Vault(MASTER_KEY);
    ConfigDatabase.open(path, vault).close();
    const sealed = vault.seal(new Secret("sluice"), { table: "elsewhere", row: "", column: "" });
    open(path).run("UPDATE meta SET value = ?", [sealed]);
    expect(() => ConfigDatabase.open(path, vault)).toThrow(/master key is right.*damaged/);
  });

  test("a file that is no database is named", async () => {
    const path = join(temporaryDirectory(), "sluice.db");
    await Bun.write(path, "this is not a database, it only looks like a file".repeat(100));
    expect(() => ConfigDatabase.open(path, new Vault(MASTER_KEY))).toThrow(
      `cannot open ${path}: the file is not a database`,
    );
  });
});

/** As drizzle-kit finds them: everything that the files of the folder export. */
async function everyTable(): Promise<Record<string, unknown>> {
  const folder = join(import.meta.dir, "../../src/store/tables");
  const files = await Promise.all(readdirSync(folder).map((file) => import(join(folder, file))));
  return Object.assign({}, ...files);
}
