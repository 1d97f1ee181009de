import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RequestRecord } from "../../src/record.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { makeRecord } from "../support/request-record.ts";
import { eventually } from "../support/stream-reader.ts";
import { wholePage } from "../support/whole-page.ts";

const DAY_MS = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;
/** Two days that are over. */
const FIRST = TODAY - 3 * DAY_MS + 5000;
const SECOND = TODAY - 2 * DAY_MS + 5000;
/** Incompressible, so that it stands in the file as it is. */
const CANARY = crypto.getRandomValues(new Uint8Array(300));
const KEPT = crypto.getRandomValues(new Uint8Array(300));
const HEADER = "x-canary-of-the-headers";

let server: AdminServer;
let dataDir: string;
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "sluice-purge-"));
  server = await startAdminServer({ dataDir });
});
afterEach(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const request = (atMs: number, model: string, body: Uint8Array): RequestRecord =>
  makeRecord({
    receivedAtMs: atMs,
    requestedModel: model,
    content: {
      policy: "full",
      requestHeaders: `{"${HEADER}":"${model}"}`,
      responseHeaders: `{"x-of":"${model}"}`,
      requestBody: body,
      responseBody: body,
      truncated: false,
    },
    ...(model === "gone"
      ? {
          status: "error" as const,
          httpStatus: 502,
          errorClass: "upstream_error" as const,
          errorText: "canary said no",
        }
      : {}),
  });

async function log(): Promise<{ gone: RequestRecord[]; kept: RequestRecord[] }> {
  const gone = [request(FIRST, "gone", CANARY), request(SECOND, "gone", CANARY), request(SECOND + 2, "gone", CANARY)];
  const kept = [request(SECOND + 1, "kept", KEPT), request(SECOND + 3, "kept", KEPT)];
  for (const record of [...gone, ...kept].sort((a, b) => a.receivedAtMs - b.receivedAtMs)) server.store.record(record);
  await server.store.flush();
  return { gone, kept };
}

async function purge(input: object): Promise<Answer> {
  const { data, errors } = await server.ask(
    `mutation ($input: PurgeRequestLogsInput!) {
      purgeRequestLogs(input: $input) { count confirmToken job { id kind } userErrors { code field } }
    }`,
    { input },
  );
  expect(errors).toBeUndefined();
  return data.purgeRequestLogs;
}

async function purgeAll(filter: object): Promise<Answer> {
  const counted = await purge({ filter });
  const { job } = await purge({ filter, dryRun: false, confirm: counted.confirmToken });
  await server.control.jobs.settled(job.id, 60_000);
  return server.control.jobs.get(job.id);
}

/** Every file below the data directory that holds these bytes. */
function filesWith(bytes: Uint8Array | string): string[] {
  const wanted = Buffer.from(bytes);
  const found = readdirSync(server.dataDir, { recursive: true, encoding: "utf8" });
  return found.filter((name) => {
    const path = join(server.dataDir, name);
    return statSync(path).isFile() && readFileSync(path).includes(wanted);
  });
}

/** The texts that rows share, as they are packed and unpacked. */
function bulks(): { packed: Uint8Array; texts: string }[] {
  return readdirSync(join(server.dataDir, "logs"))
    .filter((name) => name.endsWith(".db"))
    .flatMap((name) => {
      using database = new Database(join(server.dataDir, "logs", name));
      return database.query<{ texts: Uint8Array }, []>("SELECT texts FROM bulk").all();
    })
    .map(({ texts }) => ({ packed: texts, texts: Bun.zstdDecompressSync(texts).toString("utf8") }));
}

const ids = async () => {
  const { rows } = await wholePage(server.store.logs, { filter: {}, limit: 50, withTotal: false });
  return rows.map(({ id }) => id);
};
const spent = async () => {
  const { data } = await server.ask('{ usage(range: { from: "now-7d" }) { totals { requests cost } } }');
  return data.usage.totals;
};

describe("a purge of the request log", () => {
  test("leaves no byte of what it deletes in any file, and the others as they were", async () => {
    const { kept } = await log();
    expect(await ids()).toHaveLength(5); // now there are indexes
    const before = await spent();
    const packed = bulks().map((bulk) => bulk.packed.subarray(-24));
    expect(filesWith(CANARY.subarray(100, 132)).length).toBeGreaterThan(0);
    expect(filesWith("canary said no").length).toBeGreaterThan(0);
    expect(packed.some((bytes) => filesWith(bytes).length > 0)).toBe(true);
    const details = await Promise.all(kept.map(({ id }) => server.store.logs.get(id)));

    expect(await purgeAll({ models: ["gone"] })).toMatchObject({ state: "SUCCEEDED", total: 3, succeeded: 3 });

    expect(filesWith(CANARY.subarray(100, 132))).toEqual([]);
    expect(filesWith("canary said no")).toEqual([]);
    expect(packed.flatMap((bytes) => filesWith(bytes))).toEqual([]);
    const left = bulks().map(({ texts }) => texts);
    expect(left.join()).toContain(`"${HEADER}":"kept"`);
    expect(left.join()).not.toContain("gone");
    expect(await ids()).toEqual(kept.map(({ id }) => id).reverse());
    expect(await Promise.all(kept.map(({ id }) => server.store.logs.get(id)))).toEqual(details);
    expect(filesWith(KEPT.subarray(100, 132)).length).toBeGreaterThan(0);
    expect(await spent()).toEqual(before);
    expect(before.requests).toBe(5);
  });

  test("of a time drops the files of whole days", async () => {
    const { kept, gone } = await log();
    const before = await spent();
    const day = new Date(FIRST).toISOString().slice(0, 10);
    const filesOfDay = () => readdirSync(join(server.dataDir, "logs")).filter((name) => name.startsWith(day));
    await eventually(async () => (await ids()).length > 0 && filesOfDay().some((name) => name.includes("-index")));
    expect(filesOfDay()).toContain(`${day}.db`);
    const range = { from: new Date(FIRST - DAY_MS).toISOString(), to: new Date(SECOND + 1).toISOString() };
    expect(await purgeAll({ range })).toMatchObject({ state: "SUCCEEDED", succeeded: 2 });
    expect(filesOfDay()).toEqual([]);
    expect(await ids()).toEqual([kept[1]!.id, gone[2]!.id, kept[0]!.id]);
    expect(await spent()).toEqual(before);
  });

  test("keeps the sums when the store is opened again, and counts what comes later", async () => {
    await log();
    const before = await spent();
    await purgeAll({ models: ["gone"] });
    await server.stop();
    server = await startAdminServer({ dataDir });
    expect(await spent()).toEqual(before);
    server.store.record(request(SECOND + 4, "kept", KEPT));
    await server.store.flush();
    expect((await spent()).requests).toBe(before.requests + 1);
    expect(await ids()).toHaveLength(3);
  });

  test("counts first, and deletes nothing without the count's token for the same filter", async () => {
    await log();
    const filter = { models: ["gone"] };
    const counted = await purge({ filter });
    expect(counted).toMatchObject({ count: 3, job: null, userErrors: [] });
    const refused = {
      count: null,
      job: null,
      userErrors: [{ code: "CONFIRMATION_REQUIRED", field: ["confirm"] }],
    };
    const tries = [
      { filter },
      { filter: {}, confirm: counted.confirmToken },
      { filter, confirm: `${Date.now()}.${"0".repeat(32)}` },
      { filter, confirm: "yes" },
    ];
    for (const input of tries) expect(await purge({ ...input, dryRun: false })).toMatchObject(refused);
    expect(await ids()).toHaveLength(5);
    expect((await server.ask("{ jobs { totalCount } }")).data.jobs.totalCount).toBe(0);
  });

  test("leaves alone what came after the count", async () => {
    await log();
    const counted = await purge({ filter: {} });
    const later = makeRecord({ receivedAtMs: Date.now() + 1000 });
    server.store.record(later);
    await server.store.flush();
    const { job } = await purge({ filter: {}, dryRun: false, confirm: counted.confirmToken });
    await server.control.jobs.settled(job.id, 60_000);
    expect(await ids()).toEqual([later.id]);
  });
});
