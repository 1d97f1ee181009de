import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { prepareDataDirectory } from "../../src/store/data-directory.ts";
import { LogWriter } from "../../src/store/log-writer.ts";
import { UsageFile } from "../../src/store/usage-file.ts";
import { Batches } from "../store/batches.ts";
import { makeRecord } from "../support/request-record.ts";
import { ask, chat, serveGateway } from "./gateway.ts";
import { makeScratch, type Scratch } from "./sluice.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

setDefaultTimeout(120_000);
let scratch: Scratch;
let upstream: Upstream;

beforeAll(async () => {
  scratch = await makeScratch();
  upstream = startUpstream();
});
afterAll(async () => {
  await scratch.clean();
  await upstream.stop();
});

const DAY_MS = 86_400_000;
const DAYS = 10;
const QUARTERS = 96;
/** At the price below a request of `makeRecord` costs 0.0019 instead of 0.0049. */
const PRICE = { input: "1", output: "2", cacheRead: "1" };
const ROWS = DAYS * QUARTERS * 2;

/** Requests of days that are over, two in each quarter hour. */
function fillLog(): void {
  const directory = prepareDataDirectory(join(scratch.path, "data"));
  const usage = new UsageFile(directory.usage);
  const logs = new LogWriter(directory.logs, usage);
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const batches = new Batches();
  for (let day = 1; day <= DAYS; day++) {
    const records = Array.from({ length: QUARTERS * 2 }, (_, index) =>
      makeRecord({
        receivedAtMs: today - day * DAY_MS + index * (DAY_MS / QUARTERS / 2) + 1,
        requestedModel: "smart",
        servedModel: "smart-1",
        providerId: "prv_gone",
      }),
    );
    logs.write(logs.prepare(batches.of(records)));
  }
  logs.count();
  logs.close();
  usage.close();
}

interface JobAnswer {
  readonly state: string;
  readonly done: number;
  readonly recomputedCosts: Record<string, unknown> | null;
}

async function recompute(url: string, dryRun: boolean): Promise<string> {
  const { recomputeCosts } = await ask<{ recomputeCosts: { job: { id: string } } }>(
    url,
    `mutation { recomputeCosts(input: { range: { from: "now-30d" }, models: ["smart"], dryRun: ${dryRun} }) { job { id } } }`,
  );
  return recomputeCosts.job.id;
}

/** Asks until the job is as far as that, or has ended. */
async function reached(url: string, id: string, done: number): Promise<JobAnswer> {
  for (;;) {
    const { job } = await ask<{ job: JobAnswer }>(
      url,
      "query ($id: ID!) { job(id: $id) { state done recomputedCosts { requests changed costBefore costAfter } } }",
      { id },
    );
    if (job.done >= done || !["QUEUED", "RUNNING"].includes(job.state)) return job;
    await Bun.sleep(5);
  }
}

test("a job that rewrites the log survives kill -9, again and again: rows and sums agree, and its result counts nothing twice", async () => {
  fillLog();
  let gateway = await serveGateway(scratch, upstream.url);
  await ask(
    gateway.url,
    "mutation ($input: CreateModelInput!) { createModel(input: $input) { userErrors { message } } }",
    { input: { name: "smart", price: PRICE, targets: [] } },
  );
  const id = await recompute(gateway.url, false);
  for (const done of [1, 3, 6]) {
    const job = await reached(gateway.url, id, done);
    expect(job.state).toBe("RUNNING");
    gateway.signal("SIGKILL");
    expect(await gateway.exited).toBeNull();
    gateway = await serveGateway(scratch, upstream.url);
    expect((await chat(gateway.url, "hello")).status).toBe(200); // served while it goes on
  }
  const total = { requests: ROWS, costAfter: String((ROWS * 0.0019).toFixed(3)) };
  const before = String((ROWS * 0.0049).toFixed(3));
  expect(await reached(gateway.url, id, Number.POSITIVE_INFINITY)).toEqual({
    state: "SUCCEEDED",
    done: DAYS,
    recomputedCosts: { ...total, changed: ROWS, costBefore: before },
  });

  const rows = await reached(gateway.url, await recompute(gateway.url, true), Number.POSITIVE_INFINITY);
  expect(rows.recomputedCosts).toEqual({ ...total, changed: 0, costBefore: total.costAfter });
  const { usage } = await ask<{ usage: unknown }>(
    gateway.url,
    '{ usage(range: { from: "now-30d" }, filter: { models: ["smart-1"] }) { totals { requests cost } } }',
  );
  expect(usage).toEqual({ totals: { requests: ROWS, cost: total.costAfter } });
});
