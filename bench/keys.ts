import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type App, startApp } from "../src/app.ts";
import { readConfig } from "../src/config.ts";
import { createLogger } from "../src/lib/log.ts";
import { Secret } from "../src/lib/secret.ts";
import type { ProviderKeyValues } from "../src/store/types.ts";
import { makeDay } from "./log-traffic.ts";

/**
 * The promises about provider keys: so many of them listed, filtered and sorted within 20 ms a page, one of them changed without the
 * event loop standing still, 5,000 imported within a second. Prints the least of several rounds, and what the process computed for it.
 */

const USAGE = "bun bench/keys.ts [--keys 100000] [--rounds 7] [--only TEXT]";
const PROVIDERS = 20;
const A_WRITE = 2000;
const DAY_MS = 86_400_000;
/** Most keys have a request or two, some none. */
const REQUESTS_A_KEY = 1.5;
const TOKEN = "adm_bench-token-0123456789";

const { values } = parseArgs({
  options: {
    keys: { type: "string", default: "100000" },
    rounds: { type: "string", default: "7" },
    only: { type: "string", default: "" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const rounds = Number(values.rounds);

interface Server {
  readonly app: App;
  ask(query: string, variables: object): Promise<Answer>;
}
// biome-ignore lint/suspicious/noExplicitAny: an answer has the shape that its query gives it
type Data = any;
type Answer = { readonly data: Data; readonly errors?: readonly { readonly message: string }[] };

async function start(dataDir: string): Promise<Server> {
  const env = { HOST: "127.0.0.1", PORT: "0", DATA_DIR: dataDir, ADMIN_TOKEN: TOKEN };
  const log = createLogger({ level: "error", format: "json", write: (line) => void process.stderr.write(line) });
  const page = { path: import.meta.path, type: "text/plain", etag: '"0"', immutable: false, encodings: {} };
  const app = await startApp(
    readConfig(env, [], () => ""),
    log,
    { routes: [], documents: null, graphiql: "", files: { "index.html": page } },
  );
  return {
    app,
    async ask(query, variables) {
      const response = await fetch(`${app.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${TOKEN}` },
        body: JSON.stringify({ query, variables }),
      });
      const answer = (await response.json()) as Answer;
      if (answer.errors !== undefined) throw new Error(answer.errors[0]!.message);
      return answer;
    },
  };
}

async function fill({ app }: Server, count: number): Promise<{ providers: string[]; keys: string[] }> {
  const { store, snapshots } = app.control;
  const pool = app.gateway.pool;
  const providers: string[] = [];
  for (let index = 0; index < PROVIDERS; index++) {
    const written = await store.providers.create({
      name: `vendor-${index}`,
      kind: "openai",
      baseUrl: "http://127.0.0.1:9/v1",
      apiVersion: null,
      botId: null,
      quirks: [],
      ignoredQuirks: [],
      strategy: "round_robin",
      enabled: true,
      memo: null,
    });
    if (written.kind !== "ok") throw new Error("the provider was not made");
    providers.push(written.row.id);
  }
  const keys: string[] = [];
  for (let start = 0; start < count; start += A_WRITE) {
    const writes = Array.from({ length: Math.min(A_WRITE, count - start) }, (_, offset) => {
      const index = start + offset;
      const values: ProviderKeyValues = {
        // Half of them with the first one: a large pool besides many small ones.
        providerId: providers[index % 2 === 0 ? 0 : index % PROVIDERS]!,
        name: `Team ${index % 97} key ${(index * 7919) % count}`,
        secret: new Secret(`sk-${index.toString(36).padStart(40, "x")}`),
        enabled: index % 11 !== 0,
        weight: 1,
        priority: index % 5,
        tags: [`team-${index % 97}`],
        memo: index % 3 === 0 ? `bought in lot ${index % 50}` : null,
        userAgent: null,
        proxyUrl: null,
      };
      return { kind: "create", values } as const;
    });
    for (const each of await store.providerKeys.writeMany(writes)) if (each.kind === "ok") keys.push(each.row.id);
  }
  await snapshots.reload();
  const nowMs = Date.now();
  let index = 0;
  for (const { keys: entries } of snapshots.current.providersById.values()) {
    for (const entry of entries) {
      if (index++ % 3 === 0) continue;
      const lease = pool.begin(entry, "m", nowMs - ((index * 7919) % 86_400_000));
      if (index % 7 !== 0) lease.succeeded(nowMs, 100);
      else {
        const failure = { errorClass: "rate_limited", scope: "key", retryable: true, httpStatus: 429 } as const;
        lease.failed({ ...failure, retryAfterMs: 3_600_000, resetAtMs: null, message: "slow down" }, nowMs, "req_1");
      }
      lease.release();
    }
  }
  await fillLog(app, providers, keys);
  return { providers, keys };
}

/** What the orders by the last day's figures go by. */
async function fillLog({ control }: App, providers: readonly string[], keys: readonly string[]): Promise<void> {
  const nowMs = Date.now();
  const today = Math.floor(nowMs / DAY_MS);
  const served = keys.map((keyId, index) => ({ keyId, providerId: providers[index % providers.length]! }));
  const cast = { models: [{ name: "m", keys: served }], clients: ["cky_one", "cky_two"] };
  let waiting = 0;
  for (const day of [today - 1, today]) {
    for (const record of makeDay(day, keys.length * REQUESTS_A_KEY, cast)) {
      if (record.receivedAtMs <= nowMs - DAY_MS || record.receivedAtMs >= nowMs) continue;
      control.store.record(record);
      if (++waiting % A_WRITE === 0) await control.store.flush();
    }
  }
  await control.store.flush();
}

interface Timing {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly stallMs: number;
}

/** `stallMs`: the longest that a timer of this loop had to wait meanwhile. */
async function time(work: () => Promise<unknown>): Promise<Timing> {
  Bun.gc(true);
  let stallMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    stallMs = Math.max(stallMs, now - last);
    last = now;
  }, 1);
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const end = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  await Bun.sleep(2);
  stallMs = Math.max(stallMs, performance.now() - last);
  clearInterval(timer);
  return { wallMs: end - start, cpuMs: (user + system) / 1000, stallMs };
}

async function measure(name: string, work: (round: number) => Promise<unknown>, most = rounds): Promise<void> {
  if (!name.includes(values.only)) return;
  const timings: Timing[] = [];
  for (let round = 0; round < most; round++) timings.push(await time(() => work(round)));
  const least = (of: keyof Timing) => Math.min(...timings.map((timing) => timing[of])).toFixed(1);
  console.log(
    `${name.padEnd(40)} ${least("wallMs").padStart(8)} ms, CPU ${least("cpuMs").padStart(8)} ms, stall ${least("stallMs").padStart(7)} ms`,
  );
}

const PAGE = `query ($filter: ProviderKeyFilter, $orderBy: ProviderKeyOrder, $first: Int, $last: Int, $after: String, $before: String) {
  providerKeys(filter: $filter, orderBy: $orderBy, first: $first, last: $last, after: $after, before: $before) {
    totalCount counts { total active cooling invalid disabled unchecked } pageInfo { hasNextPage endCursor }
    nodes { id name secretPreview enabled status priority weight tags memo lastUsedAt usageCount balance { remaining } provider { name } }
  }
}`;

async function measurePages(server: Server, providers: readonly string[]): Promise<void> {
  const page = async (variables: object) => {
    const { data } = await server.ask(PAGE, { first: 50, ...variables });
    return data.providerKeys as { readonly pageInfo: { readonly endCursor: string } };
  };
  await measure("first page of all, after the start", () => page({}), 1);
  for (const field of [
    "NAME",
    "PRIORITY",
    "STATUS",
    "CREATED_AT",
    "LAST_USED_AT",
    "USAGE_COUNT",
    "BALANCE",
    "REQUESTS_24H",
    "ERROR_RATE_24H",
    "COST_24H",
  ]) {
    for (const direction of ["ASC", "DESC"]) {
      const orderBy = { field, direction };
      await measure(`by ${field} ${direction}`, () => page({ orderBy }));
    }
    const orderBy = { field, direction: "ASC" };
    const { pageInfo } = await page({ orderBy, first: 200 });
    await measure(`by ${field}, the second page`, () => page({ orderBy, after: pageInfo.endCursor }));
    await measure(`by ${field}, the last page`, () => page({ orderBy, first: null, last: 50 }));
  }
  const filters: Record<string, object> = {
    "one provider": { providers: [providers[3]] },
    statuses: { statuses: ["COOLING", "INVALID"] },
    tags: { tags: ["team-13"] },
    "search: many": { search: "lot" },
    "search: nothing": { search: "no such words" },
    "failures and status": { failuresAtLeast: 1, lastHttpStatus: [429] },
    "used in the last hour": { lastUsed: { from: "now-1h" } },
    balance: { balance: { gte: "1" } },
  };
  for (const [name, filter] of Object.entries(filters)) await measure(`filter, ${name}`, () => page({ filter }));
}

async function measureWrites(server: Server, { keys }: { readonly keys: readonly string[] }): Promise<void> {
  const update = async (id: string, input: object) => {
    const { data } = await server.ask(
      "mutation ($input: UpdateProviderKeyInput!) { updateProviderKey(input: $input) { userErrors { message } } }",
      { input: { id, ...input } },
    );
    const { userErrors } = data.updateProviderKey as { readonly userErrors: readonly unknown[] };
    if (userErrors.length > 0) throw new Error("the key was not changed");
  };
  await measure("one key's memo", (round) => update(keys[100 + round]!, { memo: `round ${round}` }));
  await measure("one key's priority", (round) => update(keys[200 + round]!, { priority: 7 }));
  await measure("one key switched off", (round) => update(keys[300 + round]!, { enabled: false }));
  await measure("one key's secret", (round) => update(keys[400 + round]!, { secret: `sk-another-one-${round}` }));
  await measure("one key's name, then a page by name", async (round) => {
    await update(keys[500 + round]!, { name: `renamed ${round}` });
    await server.ask(PAGE, { first: 50, orderBy: { field: "NAME" } });
  });
}

async function measureImport(server: Server, providerId: string): Promise<void> {
  const importKeys = async (round: number) => {
    const text = Array.from({ length: 5000 }, (_, index) => `sk-import-${round}-${index}-${"y".repeat(30)}`).join("\n");
    const { data } = await server.ask(
      `mutation ($input: ImportProviderKeysInput!) {
        importProviderKeys(input: $input) { job { id state succeeded } userErrors { message } }
      }`,
      { input: { providerId, text } },
    );
    const { job } = data.importProviderKeys as { readonly job: { readonly id: string } };
    while ((await server.app.control.jobs.get(job.id))?.finishedAt == null) await Bun.sleep(5);
  };
  await measure("5,000 keys imported", importKeys, 3);
}

const dataDir = await mkdtemp(join(tmpdir(), "sluice-keys-"));
try {
  let server = await start(dataDir);
  const made = await fill(server, Number(values.keys));
  await measureImport(server, made.providers[5]!);
  await server.app.close(1000);
  const startedMs = performance.now();
  server = await start(dataDir);
  console.log(`${"start".padEnd(44)} ${(performance.now() - startedMs).toFixed(1).padStart(8)} ms`);
  await measurePages(server, made.providers);
  await measureWrites(server, made);
  await server.app.close(1000);
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
process.exit(0);
