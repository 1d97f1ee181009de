import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Vault } from "../../src/lib/secret.ts";
import { openStore } from "../../src/store/open.ts";
import { cleanUp, MASTER_KEY, makeRecord, openTestStore, temporaryDirectory } from "./fixtures.ts";

afterEach(cleanUp);

const vault = new Vault(MASTER_KEY);

describe("opening a data directory", () => {
  test("makes it, for this user alone", async () => {
    const dataDir = join(temporaryDirectory(), "deep", "data");
    const store = await openTestStore(dataDir);
    store.record(makeRecord());
    await store.flush();
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, "logs")).mode & 0o777).toBe(0o700);
    for (const name of ["sluice.db", "state.db", "usage.db", "lock.db", "logs/2026-11-20.db"]) {
      expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o600);
    }
  });

  test("a second instance is refused by name, and let in after the first has ended", async () => {
    const dataDir = temporaryDirectory();
    const first = await openTestStore(dataDir);
    await expect(openStore({ dataDir, vault })).rejects.toThrow(
      `another Sluice is running on the data directory ${dataDir}`,
    );
    await first.close();
    await (await openTestStore(dataDir)).close();
  });

  test("a killed instance frees it at once", async () => {
    const dataDir = temporaryDirectory();
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "child-writer.ts"), dataDir, "0"], {
      stdout: "pipe",
      stderr: "inherit",
    });
    await child.stdout.getReader().read(); // it runs
    await expect(openStore({ dataDir, vault })).rejects.toThrow(/another Sluice/);
    child.kill("SIGKILL");
    await child.exited;
    await (await openTestStore(dataDir)).close();
  });

  test("another master key is told, and nothing stays locked", async () => {
    const dataDir = temporaryDirectory();
    await (await openTestStore(dataDir)).close();
    await expect(openStore({ dataDir, vault: new Vault(new Uint8Array(32)) })).rejects.toThrow(/MASTER_KEY/);
    await (await openTestStore(dataDir)).close();
  });

  test("a file in its place is told", async () => {
    const dataDir = join(temporaryDirectory(), "data");
    writeFileSync(dataDir, "");
    await expect(openStore({ dataDir, vault })).rejects.toThrow(
      `cannot write to the data directory ${dataDir} (DATA_DIR)`,
    );
  });

  test.skipIf(process.getuid?.() === 0)("a directory without write permission is told", async () => {
    const dataDir = join(temporaryDirectory(), "data");
    mkdirSync(join(dataDir, "logs"), { recursive: true });
    chmodSync(dataDir, 0o500);
    await expect(openStore({ dataDir, vault })).rejects.toThrow(/permission denied/);
  });

  test.each(["state.db", "usage.db"])("a damaged %s is told by name, and nothing stays locked", async (name) => {
    const dataDir = temporaryDirectory();
    await (await openTestStore(dataDir)).close();
    writeFileSync(join(dataDir, name), "not a database at all, whatever its name".repeat(200));
    await expect(openStore({ dataDir, vault })).rejects.toThrow(`${join(dataDir, name)}: the file is not a database`);
  });

  test.each(["state.db", "usage.db"])("a %s of another version is refused", async (name) => {
    const dataDir = temporaryDirectory();
    await (await openTestStore(dataDir)).close();
    const database = new Database(join(dataDir, name));
    database.run("PRAGMA user_version = 99");
    database.close();
    await expect(openStore({ dataDir, vault })).rejects.toThrow(/has the format 99/);
  });
});

test("after closing, questions are refused and records dropped, nothing hangs", async () => {
  const store = await openTestStore();
  await store.close();
  store.record(makeRecord());
  expect(store.stats().droppedRecords).toBe(1);
  await expect(store.logs.page({ filter: {}, limit: 10, withTotal: true })).rejects.toThrow(/closed/);
});
