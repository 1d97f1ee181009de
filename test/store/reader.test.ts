import { afterEach, describe, expect, test } from "bun:test";
import { prepareDataDirectory } from "../../src/store/data-directory.ts";
import { Reader } from "../../src/store/reader.ts";
import { CONTENT_KEY, cleanUp, makeRecord, NOON, onCleanup, openTestStore, temporaryDirectory } from "./fixtures.ts";

afterEach(cleanUp);

/** A data directory with one logged request, closed. */
async function filledDirectory(): Promise<string> {
  const dataDir = temporaryDirectory();
  const store = await openTestStore(dataDir);
  store.record(makeRecord(NOON));
  await store.close();
  return dataDir;
}

function openReader(dataDir: string, deadlineMs?: number): Reader {
  const reader = new Reader(prepareDataDirectory(dataDir), CONTENT_KEY, deadlineMs);
  onCleanup(() => reader.abandon());
  return reader;
}

const PAGE = { filter: {}, limit: 10, withTotal: true };

describe("the reader", () => {
  test("gives up a query that takes too long, and answers the next", async () => {
    const reader = openReader(await filledDirectory(), 1);
    const asked = reader.ask("page", PAGE);
    await expect(asked).rejects.toThrow("a query took too long");
    await asked.catch(() => {});
    const patient = openReader(await filledDirectory(), 5000);
    expect((await patient.ask("page", PAGE)).totalCount).toBe(1);
  });

  test("tells that it failed without the database's words", async () => {
    const dataDir = temporaryDirectory(); // no files at all
    const reader = openReader(dataDir);
    await expect(reader.ask("page", PAGE)).rejects.toThrow("the query failed: the file cannot be opened");
  });

  test("refuses what is asked after its end, and what waits at its end", async () => {
    const reader = openReader(await filledDirectory());
    const waiting = reader.ask("page", PAGE);
    reader.abandon();
    await expect(waiting).rejects.toThrow("the store is closed");
    await expect(reader.ask("page", PAGE)).rejects.toThrow("the store is closed");
  });
});
