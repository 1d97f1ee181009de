import { afterAll, beforeAll, expect, test } from "bun:test";
import { PROVIDER_KEY_STATUSES } from "../../src/control/keys/key-status.ts";
import type { ProviderKeyFilter } from "../../src/control/keys/provider-key-filter.ts";
import type { ProviderKeyOrder } from "../../src/control/keys/provider-key-order.ts";
import { listProviderKeys } from "../../src/control/keys/provider-keys.ts";
import type { PageArgs } from "../../src/control/page.ts";
import { Secret } from "../../src/lib/secret.ts";
import type { KeyBalanceRow, ProviderKeyRow, ProviderKeyValues } from "../../src/store/types.ts";
import { type AdminServer, startAdminServer } from "../support/admin-server.ts";
import { seededRandom } from "../support/random.ts";
import { makeRecord } from "../support/request-record.ts";

let server: AdminServer;
let providers: string[];
beforeAll(async () => {
  server = await startAdminServer();
  providers = await Promise.all(["one", "two", "three"].map(addProvider));
  await write(Array.from({ length: 240 }, () => ({ kind: "create", values: someKey() })));
});
afterAll(() => server.stop());

const random = seededRandom(4_100_000);
const below = (limit: number) => Math.floor(random() * limit);
const oneOf = <T>(items: readonly T[]): T => items[below(items.length)]!;
const maybe = <T>(value: () => T): T | null => (random() < 0.3 ? value() : null);

const MINUTE_MS = 60_000;
const TAGS = ["eu", "us", "trial", "Größe"];
const WORDS = ["alpha", "Beta", "beta", "Ärger", "汉字", "x"];
const JOBS = ["job_a", "job_b"];
const FAILURES = [
  { errorClass: "rate_limited", scope: "key", httpStatus: 429, retryAfterMs: 3 * MINUTE_MS },
  { errorClass: "rate_limited", scope: "key_model", httpStatus: 429, retryAfterMs: 9 * MINUTE_MS },
  { errorClass: "key_invalid", scope: "key", httpStatus: 401, retryAfterMs: null },
  { errorClass: "quota", scope: "key", httpStatus: 402, retryAfterMs: null },
] as const;

async function addProvider(name: string): Promise<string> {
  const fields = {
    kind: "openai",
    baseUrl: "http://127.0.0.1:9/v1",
    apiVersion: null,
    botId: null,
    quirks: [],
  } as const;
  const rest = { ignoredQuirks: [], strategy: "round_robin", enabled: true, memo: null } as const;
  const written = await server.store.providers.create({ name, ...fields, ...rest });
  if (written.kind !== "ok") throw new Error("the provider was not made");
  return written.row.id;
}

let made = 0;
/** Few different values: most of an order is ties. */
function someKey(): ProviderKeyValues {
  made++;
  return {
    providerId: oneOf(providers),
    name: `${oneOf(WORDS)} ${random() < 0.5 ? made : `K${made}`}`,
    secret: new Secret(`sk-pages-${made.toString().padStart(12, "0")}`),
    enabled: random() < 0.8,
    weight: 1,
    priority: below(4),
    tags: TAGS.filter(() => random() < 0.3),
    memo: maybe(() => oneOf(WORDS)),
    userAgent: null,
    proxyUrl: null,
    importJobId: maybe(() => oneOf(JOBS)),
  };
}

async function write(writes: Parameters<typeof server.store.providerKeys.writeMany>[0]): Promise<void> {
  await server.store.providerKeys.writeMany(writes);
  await server.snapshots.reload();
}

const keysOf = () => server.store.providerKeys.list();
const balances = new Map<string, number>();

/** What happens to keys between two pages. */
const EVENTS: Readonly<Record<string, () => Promise<unknown>>> = {
  added: () => write([{ kind: "create", values: someKey() }]),
  renamed: async () =>
    write([{ kind: "update", id: oneOf(await keysOf()).id, patch: { name: `${oneOf(WORDS)} n${++made}` } }]),
  edited: async () => {
    const { memo, tags, priority, enabled } = someKey();
    return write([{ kind: "update", id: oneOf(await keysOf()).id, patch: { memo, tags, priority, enabled } }]);
  },
  retired: async () => {
    await server.store.providerKeys.retire([oneOf(await keysOf()).id]);
    return server.snapshots.reload();
  },
  restored: async () => {
    const gone = await server.store.providerKeys.listRetired();
    // It stands where its old id says: between others.
    if (gone.length > 0) await write([{ kind: "restore", id: oneOf(gone).id, patch: {} }]);
  },
  used: async () => use(below(12) + 1),
  reset: async () => server.pool.reset(oneOf(await keysOf()).id, server.control.now()),
  "time goes by": async () => server.advance(2 * MINUTE_MS),
  "balance asked": async () => {
    const { id: keyId } = oneOf(await keysOf());
    const remaining = oneOf([0, 2_000_000_000, 5_000_000_000]);
    balances.set(keyId, remaining);
    const row: KeyBalanceRow = { keyId, remaining, total: null, currency: "USD", source: "manual", refreshedAt: 1 };
    await server.control.balances.put([row]);
  },
  "balance burned": async () => {
    const keyId = oneOf([...balances.keys(), ""]);
    if (keyId === "" || server.control.balances.get(keyId) === null) return;
    balances.set(keyId, balances.get(keyId)! - 4_900_000);
    server.events.emit("requestSettled", makeRecord({ keyId }));
  },
  "balance forgotten": async () => {
    const keyId = oneOf([...balances.keys(), ""]);
    if (balances.delete(keyId)) await server.control.balances.clear(keyId);
  },
};

async function use(times: number): Promise<void> {
  const entries = [...server.snapshots.current.providersById.values()].flatMap(({ keys }) => keys);
  for (let time = 0; time < times; time++) {
    const nowMs = server.control.now() - below(5) * MINUTE_MS;
    const lease = server.pool.begin(oneOf(entries), "m", nowMs);
    if (random() < 0.5) lease.succeeded(nowMs, 100);
    else
      lease.failed(
        { ...oneOf(FAILURES), retryable: true, resetAtMs: null, message: "no" },
        server.control.now(),
        "req_1",
      );
    lease.release();
  }
}

const FILTERS: readonly (() => ProviderKeyFilter)[] = [
  () => ({}),
  () => ({}),
  () => ({ providers: [oneOf(providers), "prv_nobody"] }),
  () => ({ statuses: PROVIDER_KEY_STATUSES.filter(() => random() < 0.5) }),
  () => ({ tags: [oneOf(TAGS), "nobody's"] }),
  () => ({ search: ` ${oneOf(["ALPHA", "ärg", "汉", "trial", "k1", "0001", "nothing like it"])} ` }),
  () => ({ importJobId: oneOf(JOBS), tags: [oneOf(TAGS)] }),
  () => ({ reasons: [oneOf(FAILURES).errorClass], search: oneOf(["b", "a"]) }),
  () => ({ lastHttpStatus: [oneOf([429, 401, 402])], statuses: ["invalid", "cooling", "active"] }),
  () => ({ failuresAtLeast: below(3) }),
  () => ({ lastUsed: { from: iso(-below(20)), to: iso(60) } }),
  () => ({ balance: { gte: "1.99", lte: maybe(() => "3") } }),
];
const iso = (minutes: number) => new Date(server.control.now() + minutes * MINUTE_MS).toISOString();

/** What a page is made of, looked at one by one in the plainest way. */
function look(row: ProviderKeyRow) {
  const live = server.pool.status(row.id, server.control.now());
  const remaining = balances.get(row.id) ?? null;
  return { row, live, remaining, status: row.enabled ? live.health : ("disabled" as const) };
}
type Looked = ReturnType<typeof look>;

function matches({ row, live, remaining }: Looked, filter: ProviderKeyFilter): boolean {
  const {
    search,
    providers: ofProviders,
    tags,
    importJobId,
    reasons,
    lastHttpStatus,
    failuresAtLeast,
    lastUsed,
  } = filter;
  const words = [row.name, row.secretPreview, row.fingerprint, row.memo ?? "", ...row.tags].join("\n").toLowerCase();
  const usd = remaining === null ? null : remaining / 1e9;
  return (
    (!ofProviders || ofProviders.includes(row.providerId)) &&
    (!tags || row.tags.some((tag) => tags.includes(tag))) &&
    (!search || words.includes(search.trim().toLowerCase())) &&
    (!importJobId || row.importJobId === importJobId) &&
    (!reasons || (live.errorClass !== null && reasons.includes(live.errorClass))) &&
    (!lastHttpStatus || (live.httpStatus !== null && lastHttpStatus.includes(live.httpStatus))) &&
    (failuresAtLeast == null || live.failures >= failuresAtLeast) &&
    (!lastUsed ||
      (live.lastUsedAt !== null &&
        live.lastUsedAt >= Date.parse(lastUsed.from) &&
        live.lastUsedAt < Date.parse(lastUsed.to!))) &&
    (!filter.balance?.gte || (usd !== null && usd >= Number(filter.balance.gte))) &&
    (!filter.balance?.lte || (usd !== null && usd <= Number(filter.balance.lte)))
  );
}

const VALUES: Readonly<Record<string, (key: Looked) => string | number>> = {
  name: ({ row }) => row.name.toLowerCase(),
  priority: ({ row }) => row.priority,
  status: ({ status }) => PROVIDER_KEY_STATUSES.indexOf(status),
  createdAt: ({ row }) => row.createdAt,
  lastUsedAt: ({ live }) => live.lastUsedAt ?? -1,
  usageCount: ({ live }) => live.useCount,
  balance: ({ remaining }) => remaining ?? -Infinity,
};

interface Mark {
  readonly value: string | number;
  readonly id: string;
}
const markOf = (key: Looked, field: string): Mark => ({ value: VALUES[field]!(key), id: key.row.id });
const compare = (a: Mark, b: Mark) =>
  a.value === b.value ? (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) : a.value < b.value ? -1 : 1;

test("every page, forward and backward, by every order and filter, is that of plain sorting, whatever happens between pages", async () => {
  for (let round = 0; round < 90; round++) {
    const filter = oneOf(FILTERS)();
    const order = { field: oneOf(Object.keys(VALUES)), direction: oneOf(["asc", "desc"]) } as ProviderKeyOrder;
    const isBackward = random() < 0.5;
    const limit = oneOf([1, 7, 30, 200]);
    let cursor: { readonly text: string; readonly mark: Mark } | null = null;
    for (let page = 0; page < 6; page++) {
      const place: PageArgs = isBackward
        ? { last: limit, before: cursor?.text }
        : { first: limit, after: cursor?.text };
      const answer = await listProviderKeys(server.control, filter, place, order);
      const isWanted = ({ status }: Looked) => !filter.statuses || filter.statuses.includes(status);
      const all = (await keysOf()).map(look).filter((key) => matches(key, filter));
      const turn = order.direction === "asc" ? 1 : -1;
      const sorted = all
        .filter(isWanted)
        .sort((a, b) => turn * compare(markOf(a, order.field), markOf(b, order.field)));
      const side = (key: Looked) => (cursor === null ? 0 : turn * compare(markOf(key, order.field), cursor.mark));
      const rest = sorted.filter((key) => cursor === null || (isBackward ? side(key) < 0 : side(key) > 0));
      const expected = isBackward ? rest.slice(-limit) : rest.slice(0, limit);
      const here = { round, page, filter, order, isBackward, limit };
      const shown = answer.edges.map(({ node }) => ({ id: node.id, name: node.name, uses: node.live.useCount }));
      expect({ ...here, shown }).toEqual({
        ...here,
        shown: expected.map(({ row, live }) => ({ id: row.id, name: row.name, uses: live.useCount })),
      });
      expect(answer.totalCount).toBe(sorted.length);
      for (const status of PROVIDER_KEY_STATUSES) {
        expect(answer.counts[status]).toBe(all.filter((key) => key.status === status).length);
      }
      const isMore = rest.length > expected.length;
      const isPassed = sorted.length > rest.length;
      expect(answer.pageInfo.hasNextPage).toBe(isBackward ? isPassed : isMore);
      expect(answer.pageInfo.hasPreviousPage).toBe(isBackward ? isMore : isPassed);
      const last = isBackward ? expected[0] : expected.at(-1);
      const text = isBackward ? answer.pageInfo.startCursor : answer.pageInfo.endCursor;
      if (last === undefined || text === null) break;
      cursor = { text, mark: markOf(last, order.field) };
      for (let event = below(3); event > 0; event--) await EVENTS[oneOf(Object.keys(EVENTS))]!();
    }
  }
}, 60_000);

test("orders by the last day's figures are those of the roll-ups, at most a minute old", async () => {
  const ids = (await keysOf()).map(({ id }) => id);
  const settle = async (records: readonly (readonly [key: number, count: number, errors: number])[]) => {
    for (const [key, count, errors] of records) {
      for (let index = 0; index < count; index++) {
        const status = index < errors ? "error" : "success";
        server.store.record(
          makeRecord({ keyId: ids[key]!, providerId: providers[0]!, status, costNanoUsd: 1000 * key }),
        );
      }
    }
    await server.store.flush();
  };
  const top = async (field: ProviderKeyOrder["field"]) => {
    const { edges } = await listProviderKeys(server.control, {}, { first: 3 }, { field, direction: "desc" });
    return edges.map(({ node }) => ids.indexOf(node.id));
  };
  await settle([
    [7, 5, 1],
    [3, 2, 2],
    [9, 3, 0],
  ]);
  expect(await top("requests_24h")).toEqual([7, 9, 3]);
  expect((await top("errorRate_24h")).slice(0, 2)).toEqual([3, 7]);
  expect(await top("cost_24h")).toEqual([7, 9, 3]);
  await settle([[3, 9, 0]]);
  expect(await top("requests_24h")).toEqual([7, 9, 3]);
  server.advance(MINUTE_MS + 1);
  expect(await top("requests_24h")).toEqual([3, 7, 9]);
  // Another key in the slot of one that is gone has none of its figures.
  await server.store.providerKeys.retire([ids[3]!]);
  await write([{ kind: "create", values: someKey() }]);
  expect(await top("requests_24h")).toEqual([7, 9, expect.any(Number)]);
});
