import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type AdminLoad, startAdminLoad, storedClientKeys } from "./admin-load.ts";
import { countedRequests, loggedIds, serveGateway } from "./gateway.ts";
import { type Answered, startLoad } from "./load.ts";
import { makeScratch, type Scratch, type Serving } from "./sluice.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

setDefaultTimeout(180_000);
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

const KILLS = 4;
const CLIENTS = 4;
/** Promise 1 of reliability.md. */
const LOST_WITHIN_MS = 250;
const READY_WITHIN_MS = 1000;

/** What must be there after a kill, gathered over all of them. */
interface Owed {
  readonly rows: Answered[];
  readonly admin: AdminLoad[];
}

describe("kill -9 under load", () => {
  test(`${KILLS} times: no acknowledged admin change is lost, and rows of at most ${LOST_WITHIN_MS} ms`, async () => {
    const owed: Owed = { rows: [], admin: [] };
    const readyMs: number[] = [];
    const lost: { rows: number; oldestMs: number }[] = [];
    let gateway = await serveGateway(scratch, upstream.url);
    const firstReadyMs = gateway.readyMs;
    for (let kill = 1; kill <= KILLS; kill++) {
      const killedAtMs = await killUnderLoad(gateway, kill, owed);
      gateway = await serveGateway(scratch, upstream.url);
      readyMs.push(Math.round(gateway.readyMs));
      lost.push(await expectRows(gateway.url, owed, killedAtMs));
      await expectAdminChanges(gateway.url, owed);
    }
    expect(gateway.lines.filter((line) => /"level":"(?:warn|error)"/.test(line))).toEqual([]);
    expect(await countedRequests(gateway.url)).toBe((await loggedIds(gateway.url)).size);
    gateway.signal("SIGTERM");
    expect(await gateway.exited).toBe(0);
    expectSound(join(scratch.path, "data"));
    console.log(`answered ${owed.rows.length}, lost per kill ${JSON.stringify(lost)}, ready after ${readyMs} ms`);
    // A busy machine may delay any one of them, and every start; a fixed delay would show in all.
    const lostMs = lost.map(({ oldestMs }) => oldestMs);
    expect(Math.min(...lostMs)).toBeLessThanOrEqual(LOST_WITHIN_MS);
    expect(Math.max(...lostMs)).toBeLessThanOrEqual(10 * LOST_WITHIN_MS);
    expect(Math.min(...readyMs)).toBeLessThanOrEqual(Math.max(READY_WITHIN_MS, 2 * firstReadyMs));
  });
});

/** Each kill comes at another moment: after some hundred answers, in the middle of an admin change. */
async function killUnderLoad(gateway: Serving, kill: number, owed: Owed): Promise<number> {
  const load = startLoad(gateway.url, CLIENTS);
  const admin = startAdminLoad(gateway.url, `kill-${kill}`);
  await Promise.all([load.reached(150 * kill), admin.reached(12 + kill)]);
  const killedAtMs = performance.now();
  gateway.signal("SIGKILL");
  expect(await gateway.exited).toBeNull();
  await Promise.all([load.stop(), admin.stop()]);
  owed.rows.push(...load.answered);
  owed.admin.push(admin);
  return killedAtMs;
}

/** Every row that is gone was answered just before the kill. Rows that one kill took are not owed to the next. */
async function expectRows(url: string, owed: Owed, killedAtMs: number) {
  const found = await loggedIds(url);
  const gone = owed.rows.filter(({ id }) => !found.has(id));
  const ages = gone.map(({ atMs }) => Math.round(killedAtMs - atMs));
  owed.rows.splice(0, owed.rows.length, ...owed.rows.filter(({ id }) => found.has(id)));
  return { rows: gone.length, oldestMs: Math.max(0, ...ages) };
}

async function expectAdminChanges(url: string, { admin }: Owed): Promise<void> {
  const stored = await storedClientKeys(url);
  for (const { acknowledged, deleted, pending } of admin) {
    expect(acknowledged.size).toBeGreaterThan(0);
    for (const [name, memo] of acknowledged) {
      if (name !== pending) expect([name, stored.get(name)]).toEqual([name, memo]);
    }
    expect([...deleted].filter((name) => stored.has(name))).toEqual([]);
  }
}

/** SQLite's own opinion of every file. */
function expectSound(dataDir: string): void {
  const files = readdirSync(dataDir, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".db"));
  expect(files.length).toBeGreaterThanOrEqual(4);
  for (const file of files) {
    const database = new Database(join(dataDir, file));
    expect([file, database.query("PRAGMA integrity_check").values()]).toEqual([file, [["ok"]]]);
    database.close();
  }
}
