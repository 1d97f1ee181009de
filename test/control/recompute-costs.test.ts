import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CostStore } from "../../src/store/cost-types.ts";
import { addModel, addProvider } from "../support/admin-fixtures.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { makeRecord } from "../support/request-record.ts";
import { wholePage } from "../support/whole-page.ts";

// A disk that others keep busy may take its time; nothing here waits for a clock.
setDefaultTimeout(60_000);

const DAY_MS = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;
const NIGHT = TODAY - 2 * DAY_MS + 5000;
/** In another quarter hour of the same day. */
const NOON = TODAY - 2 * DAY_MS + DAY_MS / 2;
const YESTERDAY = TODAY - DAY_MS + 7_200_000;

/** At this price a request of `makeRecord` (1000 + 200 + 300 + 50) costs 0.0019. */
const NEW_PRICE = { input: "1", output: "2", cacheRead: "1" };
const NEW_COST = "0.0019";

let dataDir: string;
let server: AdminServer;
let providerId: string;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "sluice-costs-"));
  server = await startAdminServer({ dataDir });
  providerId = (await addProvider(server)).id;
  await addModel(server, providerId, { name: "smart", aliases: ["clever"], price: NEW_PRICE });
});
afterEach(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const request = (receivedAtMs: number, change = {}) =>
  makeRecord({ receivedAtMs, requestedModel: "smart", servedModel: "smart-1", providerId, ...change });
const unpriced = { costNanoUsd: null, price: null };
const failed = { ...unpriced, usage: null, status: "error", httpStatus: 502, errorClass: "upstream_error" } as const;

/** Seven requests of three quarter hours and two days: 5 of "smart" (one of them by its alias), one of which is unpriced, and 2 others. */
async function log(): Promise<void> {
  for (const record of [
    request(NIGHT),
    request(NIGHT + 1, { requestedModel: "clever" }),
    request(NIGHT + 2, unpriced),
    request(NOON, { requestedModel: "other", servedModel: "other-1" }),
    request(NOON + 1, failed),
    request(NOON + 2),
    request(YESTERDAY),
  ])
    server.store.record(record);
  await server.store.flush();
}

async function recompute(input: object = {}): Promise<Answer> {
  const { data, errors } = await server.ask(
    `mutation ($input: RecomputeCostsInput!) {
      recomputeCosts(input: $input) { job { id kind } userErrors { code message ... on ConflictError { blockers { id } } } }
    }`,
    { input: { range: { from: "now-30d" }, ...input } },
  );
  expect(errors).toBeUndefined();
  return data.recomputeCosts;
}

async function finished(id: string): Promise<Answer> {
  await server.control.jobs.settled(id, 60_000);
  const { data } = await server.ask(
    `query ($id: ID!) { job(id: $id) {
      state total done error items { nodes { outcome message } }
      recomputedCosts {
        dryRun ...Sums models { model ...Sums } days { startsAt ...Sums }
      }
    } }
    fragment Sums on CostSums { requests changed costBefore costAfter unpricedBefore unpricedAfter }`,
    { id },
  );
  return data.job;
}

const recomputed = async (input: object) => finished((await recompute(input)).job.id);

/** What the roll-ups say, and what the rows add up to. */
async function sums(): Promise<{ usage: Answer; rows: Answer }> {
  const usage = await server.ask(
    '{ usage(range: { from: "now-30d" }) { totals { requests cost unpricedRequests outputTokens } } }',
  );
  const { rows } = await wholePage(server.store.logs, { filter: {}, limit: 50, withTotal: false });
  const of = (read: (row: (typeof rows)[number]) => number | null | undefined) =>
    rows.reduce((sum, row) => sum + (read(row) ?? 0), 0);
  return {
    usage: usage.data.usage.totals,
    rows: {
      requests: rows.length,
      cost: String(Math.round(of((row) => row.costNanoUsd)) / 1e9),
      unpricedRequests: of((row) => (row.status === "success" && row.costNanoUsd === null ? 1 : 0)),
      outputTokens: of((row) => row.usage?.outputTokens),
    },
  };
}

async function expectSums(cost: string, unpricedRequests: number, requests = 7): Promise<void> {
  const { usage, rows } = await sums();
  expect(usage).toEqual({ requests, cost, unpricedRequests, outputTokens: (requests - 1) * 300 });
  expect(rows).toEqual(usage);
}

/** Starts the server again over the same files; `costs` stands before the store's own. */
async function restart(change: (costs: CostStore) => Partial<CostStore> = () => ({})): Promise<void> {
  await server.stop();
  server = await startAdminServer({
    dataDir,
    change: (deps) => ({
      ...deps,
      store: { ...deps.store, costs: { ...deps.store.costs, ...change(deps.store.costs) } },
    }),
  });
}

describe("recomputeCosts", () => {
  test("says what would change and writes nothing, then writes it into rows and sums", async () => {
    await log();
    await expectSums("0.0245", 1);
    const preview = await recomputed({});
    expect(preview).toMatchObject({
      state: "SUCCEEDED",
      total: 2,
      done: 2,
      recomputedCosts: {
        dryRun: true,
        requests: 6,
        changed: 5,
        costBefore: "0.0245",
        costAfter: "0.0144",
        unpricedBefore: 1,
        unpricedAfter: 0,
        models: [
          { model: "smart-1", requests: 5, changed: 5, costBefore: "0.0196", costAfter: "0.0095" },
          { model: "other-1", requests: 1, changed: 0, costBefore: "0.0049", costAfter: "0.0049" },
        ],
        days: [
          { startsAt: new Date(TODAY - 2 * DAY_MS).toISOString(), changed: 4, unpricedBefore: 1 },
          { startsAt: new Date(TODAY - DAY_MS).toISOString(), changed: 1, costAfter: NEW_COST },
        ],
      },
    });
    expect(preview.items.nodes[0].message).toContain("4 of 5 requests");
    await expectSums("0.0245", 1);

    const done = await recomputed({ dryRun: false });
    expect(done.recomputedCosts).toEqual({ ...preview.recomputedCosts, dryRun: false });
    await expectSums("0.0144", 0);
    expect((await recomputed({})).recomputedCosts).toMatchObject({ changed: 0, costBefore: "0.0144" });
  });

  test("leaves the arithmetic of each row and the filters of the log in agreement with its cost", async () => {
    await log();
    await sums(); // the days have their indexes
    await recomputed({ dryRun: false });
    const { data } = await server.ask(
      `{ requestLogs(filter: { cost: { gte: "0.0019", lte: "0.0019" } }) { totalCount nodes {
        servedModel cost price { input source } costLines { cost }
      } } }`,
    );
    expect(data.requestLogs.totalCount).toBe(5);
    for (const node of data.requestLogs.nodes) {
      expect(node).toEqual({
        servedModel: "smart-1",
        cost: NEW_COST,
        price: { input: "1", source: "MANUAL" },
        costLines: [{ cost: "0.001" }, { cost: "0.0002" }, { cost: "0.0006" }, { cost: "0.0001" }],
      });
    }
  });

  test("can be kept to a time, to models, to providers, and to costs that are unknown", async () => {
    await log();
    const changed = async (input: object) => (await recomputed(input)).recomputedCosts?.changed ?? 0;
    const iso = (ms: number) => new Date(ms).toISOString();
    expect(await changed({ range: { from: iso(NIGHT + 1), to: iso(NOON) } })).toBe(2);
    expect(await changed({ range: { from: iso(YESTERDAY + 1) } })).toBe(0);
    expect(await changed({ models: ["clev*"] })).toBe(1);
    expect(await changed({ models: ["smart-1"] })).toBe(5);
    expect(await changed({ providers: ["prv_other"] })).toBe(0);
    expect(await changed({ providers: [providerId] })).toBe(5);
    expect(await recomputed({ onlyUnknownPrice: true, dryRun: false })).toMatchObject({
      recomputedCosts: { requests: 1, changed: 1, costBefore: "0", costAfter: NEW_COST },
    });
    await expectSums("0.0264", 0);
  });

  test("counts what comes in meanwhile", async () => {
    await log();
    let rewritten = 0;
    await restart((costs) => ({
      async rewrite(...args) {
        await costs.rewrite(...args);
        server.store.record(request(NIGHT + 100 + rewritten++, unpriced));
        await server.store.flush();
      },
    }));
    expect(await recomputed({ dryRun: false })).toMatchObject({ state: "SUCCEEDED" });
    expect(rewritten).toBe(3);
    await expectSums("0.0144", 3, 10);
    await restart();
    await recomputed({ dryRun: false });
    await expectSums("0.0201", 0, 10);
  });

  test("keeps rows and sums equal when it is cancelled in the middle, and does the rest when it is run again", async () => {
    await log();
    await restart((costs) => ({
      async rewrite(...args) {
        await costs.rewrite(...args);
        const { data } = await server.ask("{ jobs { nodes { id } } }");
        await server.ask(`mutation { cancelJob(input: { id: "${data.jobs.nodes[0].id}" }) { userErrors { code } } }`);
      },
    }));
    expect(await recomputed({ dryRun: false })).toMatchObject({
      state: "CANCELLED",
      total: 2,
      recomputedCosts: { changed: 3, costBefore: "0.0196", costAfter: "0.0155", unpricedBefore: 1, unpricedAfter: 0 },
    });
    await expectSums("0.0204", 0);
    await restart();
    expect(await recomputed({ dryRun: false })).toMatchObject({
      state: "SUCCEEDED",
      recomputedCosts: { changed: 2, costBefore: "0.0204", costAfter: "0.0144" },
    });
    await expectSums("0.0144", 0);
  });

  test("goes on after a restart, and says at its end what was before it", async () => {
    await log();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    await restart((costs) => ({
      async rewrite(...args) {
        await costs.rewrite(...args);
        begin();
      },
    }));
    const { job } = await recompute({ dryRun: false });
    await begun;
    await restart();
    expect(await finished(job.id)).toMatchObject({
      state: "SUCCEEDED",
      done: 2,
      recomputedCosts: { changed: 5, costBefore: "0.0245", costAfter: "0.0144" },
    });
    await expectSums("0.0144", 0);
  });

  test("keeps the cost of what nobody has a price for, and of what has been purged", async () => {
    await log();
    await server.store.logs.purge(Math.floor(NIGHT / DAY_MS), [
      (await wholePage(server.store.logs, { filter: {}, limit: 1, withTotal: false, fromEnd: true })).rows[0]!.id,
    ]);
    await server.ask(`mutation ($ids: [ID!]!) { deleteModels(input: { ids: $ids }) { deletedIds } }`, {
      ids: [...(await server.control.rows.models()).keys()],
    });
    expect(await recomputed({ dryRun: false })).toMatchObject({ recomputedCosts: { requests: 5, changed: 0 } });
    await addModel(server, providerId, { name: "smart", price: NEW_PRICE });
    await recomputed({ dryRun: false });
    const { usage, rows } = await sums();
    expect(usage).toMatchObject({ requests: 7, cost: "0.0204" });
    expect(rows).toMatchObject({ requests: 6, cost: "0.0155" }); // "clever" is no name any more
  });

  test("is refused while another one runs, and for a range that is empty", async () => {
    await log();
    const { promise: hold, resolve: release } = Promise.withResolvers<void>();
    await restart((costs) => ({
      async routes(day) {
        await hold;
        return costs.routes(day);
      },
    }));
    const { job } = await recompute({ dryRun: false, idempotencyKey: "nightly" });
    expect(await recompute({})).toMatchObject({
      job: null,
      userErrors: [{ code: "CONFLICT", blockers: [{ id: job.id }] }],
    });
    expect((await recompute({ dryRun: false, idempotencyKey: "nightly" })).job.id).toBe(job.id);
    release();
    expect(await finished(job.id)).toMatchObject({ state: "SUCCEEDED" });
    const { errors } = await server.ask(
      'mutation { recomputeCosts(input: { range: { from: "now", to: "now-1d" } }) { job { id } } }',
    );
    expect(errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
  });

  test("stands in the audit log with what was asked for", async () => {
    await log();
    const { job } = await recompute({ dryRun: false, models: ["smart"] });
    await finished(job.id);
    const { data } = await server.ask(
      '{ auditLog(filter: { actions: ["recomputeCosts"] }) { nodes { action outcome subjects { id } } } }',
    );
    expect(data.auditLog.nodes).toEqual([{ action: "recomputeCosts", outcome: "DONE", subjects: [{ id: job.id }] }]);
  });
});
