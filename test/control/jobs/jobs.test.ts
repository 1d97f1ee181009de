import { afterEach, describe, expect, test } from "bun:test";
import { z } from "zod";
import type { Control } from "../../../src/control/control.ts";
import { eachItem } from "../../../src/control/jobs/each-item.ts";
import type { JobKind, JobRun } from "../../../src/control/jobs/job-kind.ts";
import { Jobs } from "../../../src/control/jobs/jobs.ts";
import { GatewayError } from "../../../src/errors.ts";
import { createLogger } from "../../../src/lib/log.ts";
import { Secret } from "../../../src/lib/secret.ts";
import { currentAuthor, writeAs } from "../../../src/store/author.ts";
import type { Store } from "../../../src/store/types.ts";
import { cleanUp, openTestStore, temporaryDirectory } from "../../store/fixtures.ts";

afterEach(cleanUp);

const params = z.object({ items: z.number(), secret: z.string().default("") });
type Params = z.output<typeof params>;

/** A kind whose items wait for the test. */
function makeKind(run: (run: JobRun<Params>) => Promise<void>, undo?: JobKind<Params>["undo"]): JobKind<Params> {
  return { name: "TEST", params, run, ...(undo === undefined ? {} : { undo }) };
}

const logLines: string[] = [];
const log = createLogger({ level: "info", format: "json", write: (line) => void logLines.push(line) });

function openJobs(store: Store, kind: JobKind<Params>): Jobs {
  const control = { store, log, now: Date.now, exportsDir: temporaryDirectory() } as unknown as Control;
  return new Jobs(() => control, { TEST: { scope: "KEYS_WRITE", load: async () => kind } });
}

const outcomesOf = async (store: Store, jobId: string) => {
  const query = { jobId, outcomes: null, afterIndex: null, beforeIndex: null, limit: 200, backward: false };
  return (await store.jobs.items(query)).items.map(({ index, outcome }) => `${index} ${outcome}`);
};

describe("a job", () => {
  test("works on its items side by side and keeps what became of each", async () => {
    const store = await openTestStore();
    let running = 0;
    let most = 0;
    const kind = makeKind((run) =>
      eachItem(run, Array.from({ length: run.params.items }), 3, async (_, index) => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        run.settle({ index, outcome: index === 1 ? "FAILED" : index === 2 ? "SKIPPED" : "SUCCEEDED", message: "word" });
      }),
    );
    const jobs = openJobs(store, kind);
    const { id, state } = await jobs.start(kind, { items: 5, secret: "" });
    expect(state).toBe("QUEUED");
    await jobs.settled(id, 5000);
    expect(most).toBe(3);
    expect(await store.jobs.get(id)).toMatchObject({
      state: "SUCCEEDED",
      total: 5,
      succeeded: 3,
      failed: 1,
      skipped: 1,
      error: null,
      finishedAt: expect.any(Number),
    });
    expect(await outcomesOf(store, id)).toEqual(["0 SUCCEEDED", "1 FAILED", "2 SKIPPED", "3 SUCCEEDED", "4 SUCCEEDED"]);
  });

  test("fails with public words only, and tells the log the rest", async () => {
    const store = await openTestStore();
    let error: Error = new GatewayError("not_found", 404, "It is gone.");
    const kind = makeKind(async () => {
      throw error;
    });
    const jobs = openJobs(store, kind);
    const first = await jobs.start(kind, { items: 0, secret: "" });
    await jobs.settled(first.id, 5000);
    expect(await store.jobs.get(first.id)).toMatchObject({ state: "FAILED", error: "It is gone." });
    error = new Error("table x has no column y");
    const second = await jobs.start(kind, { items: 0, secret: "" });
    await jobs.settled(second.id, 5000);
    const { error: words } = (await store.jobs.get(second.id))!;
    expect(words).not.toContain("column");
    expect(logLines.at(-1)).toContain("column y");
  });

  test("ends soon when it is cancelled, and what was done stays written", async () => {
    const store = await openTestStore();
    const started = Promise.withResolvers<void>();
    const kind = makeKind((run) =>
      eachItem(run, Array.from({ length: 100 }), 1, async (_, index) => {
        run.settle({ index, outcome: "SUCCEEDED" });
        if (index < 2) return;
        started.resolve();
        await new Promise<void>((resolve) => run.signal.addEventListener("abort", () => resolve()));
      }),
    );
    const jobs = openJobs(store, kind);
    const { id } = await jobs.start(kind, { items: 100, secret: "" });
    await started.promise;
    expect(await jobs.cancel((await jobs.get(id))!)).toBe(true);
    await jobs.settled(id, 5000);
    expect(await jobs.get(id)).toMatchObject({ state: "CANCELLED", succeeded: 3, done: 3, total: 100 });
    expect(await outcomesOf(store, id)).toHaveLength(3);
    expect(await jobs.cancel((await jobs.get(id))!)).toBe(false);
  });

  test("waits in the queue while four run, and can be cancelled there", async () => {
    const store = await openTestStore();
    const gate = Promise.withResolvers<void>();
    let begun = 0;
    const kind = makeKind(async () => {
      begun++;
      await gate.promise;
    });
    const jobs = openJobs(store, kind);
    const ids: string[] = [];
    for (let count = 0; count < 6; count++) ids.push((await jobs.start(kind, { items: 0, secret: "" })).id);
    expect(await jobs.get(ids[4]!)).toMatchObject({ state: "QUEUED" });
    expect(await jobs.cancel((await jobs.get(ids[4]!))!)).toBe(true);
    expect(await jobs.get(ids[4]!)).toMatchObject({ state: "CANCELLED", startedAt: null });
    gate.resolve();
    await Promise.all(ids.map((id) => jobs.settled(id, 5000)));
    expect(begun).toBe(5);
    expect(await jobs.get(ids[5]!)).toMatchObject({ state: "SUCCEEDED" });
  });

  test("is started once for one idempotency key", async () => {
    const store = await openTestStore();
    const kind = makeKind(async () => {});
    const jobs = openJobs(store, kind);
    const first = await jobs.start(kind, { items: 0, secret: "" }, { idempotencyKey: "once" });
    await jobs.settled(first.id, 5000);
    const second = await jobs.start(kind, { items: 0, secret: "" }, { idempotencyKey: "once" });
    expect(second).toMatchObject({ id: first.id, state: "SUCCEEDED" });
    expect(await store.jobs.list()).toHaveLength(1);
  });

  test("goes on after the process has ended, without an item twice and with its checkpoint", async () => {
    const dataDir = temporaryDirectory();
    const done: number[] = [];
    const checkpoints: unknown[] = [];
    const half = Promise.withResolvers<void>();
    const kindOf = (stopsAt: number) =>
      makeKind(async (run) => {
        checkpoints.push(run.checkpoint);
        await eachItem(run, Array.from({ length: run.params.items }), 1, async (_, index) => {
          if (index === stopsAt) {
            await run.save({ reached: index });
            half.resolve();
            await new Promise<void>((resolve) => run.signal.addEventListener("abort", () => resolve()));
            return;
          }
          done.push(index);
          run.settle({ index, outcome: "SUCCEEDED" });
        });
      });
    const first = await openTestStore(dataDir);
    const before = openJobs(first, kindOf(3));
    const { id } = await before.start(kindOf(3), { items: 6, secret: "sk-in-the-params" });
    await half.promise;
    await before.stop();
    expect(await first.jobs.get(id)).toMatchObject({ state: "RUNNING", succeeded: 3 });
    await first.close();

    const second = await openTestStore(dataDir);
    const after = openJobs(second, kindOf(-1));
    await after.resume();
    await after.settled(id, 5000);
    expect(await second.jobs.get(id)).toMatchObject({ state: "SUCCEEDED", succeeded: 6, total: 6 });
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
    expect(checkpoints).toEqual([null, { reached: 3 }]);
    expect(await second.jobs.params(id)).toBeNull();
  });

  test("writes in the name of whoever started it, also when another's end lets it begin and after a restart", async () => {
    const dataDir = temporaryDirectory();
    const names: string[] = [];
    let gate = Promise.withResolvers<void>();
    const sixth = Promise.withResolvers<void>();
    const kind = makeKind(async (run) => {
      if (names.push(currentAuthor().name) === 6) sixth.resolve();
      await Promise.race([gate.promise, new Promise((resolve) => run.signal.addEventListener("abort", resolve))]);
    });
    const as = (name: string) => ({ id: `usr_${name}`, name, action: "test" });
    const first = await openTestStore(dataDir);
    const before = openJobs(first, kind);
    const start = (name: string) => writeAs(as(name), () => before.start(kind, { items: 0, secret: "" }));
    const ids: string[] = [];
    for (const name of ["a", "a", "a", "a", "b"]) ids.push((await start(name)).id);
    gate.resolve();
    await before.settled(ids[4]!, 5000);
    expect(names).toEqual(["a", "a", "a", "a", "b"]);

    gate = Promise.withResolvers<void>();
    const last = await start("c");
    await sixth.promise;
    await before.stop();
    await first.close();
    const second = await openTestStore(dataDir);
    gate.resolve();
    const after = openJobs(second, kind);
    await after.resume();
    await after.settled(last.id, 5000);
    expect(names.slice(5)).toEqual(["c", "c"]);
    expect(await second.jobs.get(last.id)).toMatchObject({ author: as("c") });
  });

  test("that was being cancelled when the process ended is cancelled by the next", async () => {
    const dataDir = temporaryDirectory();
    const first = await openTestStore(dataDir);
    const kind = makeKind(async () => {});
    const { row } = await first.jobs.create({ kind: "TEST", params: secretOf({}), idempotencyKey: null, total: null });
    await first.jobs.write({ jobId: row.id, items: [], patch: { state: "CANCELLING" } });
    await first.close();
    const second = await openTestStore(dataDir);
    await openJobs(second, kind).resume();
    expect(await second.jobs.get(row.id)).toMatchObject({ state: "CANCELLED", finishedAt: expect.any(Number) });
  });

  test("of a kind that this version does not know fails, and says so", async () => {
    const store = await openTestStore();
    const kind = makeKind(async () => {});
    const jobs = openJobs(store, kind);
    const { id } = await jobs.start({ ...kind, name: "FROM_TOMORROW" }, { items: 0, secret: "" });
    await jobs.settled(id, 5000);
    expect(await jobs.get(id)).toMatchObject({ state: "FAILED", error: expect.stringContaining("no such kind") });
  });

  test("holds its parameters sealed, and lets go of its file and itself in time", async () => {
    const store = await openTestStore();
    const kind = makeKind(async (run) => {
      await Bun.write(await run.resultPath(), "a,b\n");
      run.attach({ name: "result.csv", bytes: 4 });
    });
    const jobs = openJobs(store, kind);
    const { id } = await jobs.start(kind, { items: 0, secret: "" });
    await jobs.settled(id, 5000);
    expect(await Bun.file(jobs.filePath(id)).text()).toBe("a,b\n");
    await store.jobs.write({ jobId: id, items: [], patch: { fileExpiresAt: Date.now() - 1 } });
    await jobs.expire();
    expect(await Bun.file(jobs.filePath(id)).exists()).toBe(false);
    expect(await store.jobs.get(id)).toMatchObject({ fileName: null, state: "SUCCEEDED" });
    await store.jobs.write({ jobId: id, items: [], patch: { finishedAt: 1 } });
    await jobs.expire();
    expect(await store.jobs.get(id)).toBeNull();
  });
});

function secretOf(value: object): Secret {
  return new Secret(JSON.stringify(value));
}
