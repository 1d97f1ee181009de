import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { readDownload } from "../../src/control/jobs/job-file.ts";
import { Secret } from "../../src/lib/secret.ts";
import { startApp, type TestApp } from "../support/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

async function makeResult(): Promise<{ id: string; path: string }> {
  const { store, jobs } = app.app.control;
  const { row } = await store.jobs.create({
    kind: "IMPORT_PROVIDER_KEYS",
    params: new Secret("{}"),
    idempotencyKey: null,
    total: null,
  });
  await mkdir(dirname(jobs.filePath(row.id)), { recursive: true });
  await Bun.write(jobs.filePath(row.id), "a,b\n1,2\n");
  const patch = { state: "SUCCEEDED", finishedAt: 1, fileName: "keys of today.csv", fileBytes: 8 } as const;
  await store.jobs.finish({ jobId: row.id, items: [], patch: { ...patch, fileExpiresAt: Date.now() + 3_600_000 } });
  return { id: row.id, path: readDownload(app.app.control, (await store.jobs.get(row.id))!)!.path };
}

describe("a job's result file", () => {
  test("comes through its link, as an attachment that nobody may keep", async () => {
    const { path } = await makeResult();
    const response = await fetch(app.url + path);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("a,b\n1,2\n");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="keys_of_today.csv"');
    expect(response.headers.get("cache-control")).toContain("no-store");
  });

  test("is refused without the right link: another job's, a later hour, none at all, another place", async () => {
    const { id, path } = await makeResult();
    const other = await makeResult();
    const until = Number(/until=(\d+)/.exec(path)![1]);
    const wrong = [
      `/downloads/${id}`,
      path.replace(id, other.id),
      path.replace(String(until), String(until + 1)),
      path.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
      path.replace(id, "..%2Fsluice.db"),
    ];
    for (const each of wrong) expect((await fetch(app.url + each)).status).toBe(404);
  });
});
