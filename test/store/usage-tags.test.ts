import { afterEach, describe, expect, test } from "bun:test";
import { Secret, Vault } from "../../src/lib/secret.ts";
import type { RequestRecord } from "../../src/record.ts";
import { BucketCells } from "../../src/store/bucket-cells.ts";
import { openClientKeys } from "../../src/store/client-keys.ts";
import { ConfigDatabase } from "../../src/store/config-database.ts";
import { openProviderKeys } from "../../src/store/provider-keys.ts";
import { openProviders } from "../../src/store/providers.ts";
import type { UsageDimension, UsageQuery, UsageReport } from "../../src/store/reports.ts";
import type { Written } from "../../src/store/types.ts";
import { UsageCell } from "../../src/store/usage-cell.ts";
import type { UsageGroup } from "../../src/store/usage-group.ts";
import { GroupLines, readLines } from "../../src/store/usage-lines.ts";
import { seededRandom } from "../support/random.ts";
import {
  cleanUp,
  clientKeyValues,
  MASTER_KEY,
  makeRecord,
  NOON,
  onCleanup,
  providerKeyValues,
  providerValues,
} from "./fixtures.ts";
import { TestLog } from "./test-log.ts";

afterEach(cleanUp);

const DAY_MS = 86_400_000;
const TAGS = ["eu", "research", "ops", "batch"];

function ok<Row>(written: Written<Row>): Row {
  if (written.kind !== "ok") throw new Error(`expected ok, got ${written.kind}`);
  return written.row;
}

/** A log, and beside it a configuration whose keys have tags. */
function openWorld() {
  const log = new TestLog();
  const vault = new Vault(MASTER_KEY);
  const database = ConfigDatabase.open(log.directory.config, vault);
  onCleanup(() => database.close());
  const clients = openClientKeys(database, vault, { get: () => null, put() {} });
  const keys = openProviderKeys(database, vault, () => {});
  const providers = openProviders(database, () => {});
  let number = 0;
  const secretName = () => ({ name: `n${++number}` });
  return {
    log,
    clients,
    keys,
    addClient: async (tags: readonly string[]) =>
      ok(await clients.create(clientKeyValues({ ...secretName(), tags, secret: null }))).id,
    async addKeys(lists: readonly (readonly string[])[]) {
      const { id } = ok(await providers.create(providerValues({ name: "main" })));
      const made: string[] = [];
      for (const tags of lists) {
        const { name } = secretName();
        const values = providerKeyValues(id, { name, tags, secret: new Secret(`sk-up-${name}-0123456789`) });
        made.push(ok(await keys.create(values)).id);
      }
      return made;
    },
  };
}

type TagsById = ReadonlyMap<string, readonly string[]>;

/** The groups that a request counts in, the slow way. */
function groupsOf(record: RequestRecord, groupBy: readonly UsageDimension[], tags: TagsById): string[] {
  const valuesOf = (dimension: UsageDimension): readonly (string | null)[] => {
    switch (dimension) {
      case "clientTag":
      case "keyTag": {
        const id = dimension === "keyTag" ? record.keyId : record.clientKeyId;
        const found = (id === null ? undefined : tags.get(id)) ?? [];
        return found.length === 0 ? [null] : found;
      }
      case "model":
        return [record.servedModel];
      case "client":
        return [record.clientKeyId];
      default:
        throw new Error(`not in this test: ${dimension}`);
    }
  };
  const [first, second] = groupBy;
  return valuesOf(first!).flatMap((one) =>
    second === undefined ? [JSON.stringify([one])] : valuesOf(second).map((two) => JSON.stringify([one, two])),
  );
}

function sumOf(records: readonly RequestRecord[]) {
  const sum = (of: (record: RequestRecord) => number) => records.reduce((total, record) => total + of(record), 0);
  return {
    requests: records.length,
    inputTokens: sum(({ usage }) => usage?.inputTokens ?? 0),
    costNanoUsd: sum(({ costNanoUsd }) => costNanoUsd ?? 0),
  };
}

/** Totals, chosen groups, what each holds and what is left, against the rows. */
function expectAgreement(
  report: UsageReport,
  records: readonly RequestRecord[],
  { groupBy, top }: Pick<UsageQuery, "groupBy" | "top">,
  tags: TagsById,
): void {
  const members = new Map<string, RequestRecord[]>();
  for (const record of records) {
    for (const group of groupsOf(record, groupBy, tags)) {
      const list = members.get(group) ?? [];
      list.push(record);
      members.set(group, list);
    }
  }
  const ranked = [...members]
    .map(([group, list]) => ({ group, ...sumOf(list) }))
    .sort((a, b) => b.costNanoUsd - a.costNanoUsd || b.requests - a.requests || (a.group < b.group ? -1 : 1))
    .map(({ group }) => group);
  const shown = ranked.slice(0, top);
  const left = records.filter((record) => !groupsOf(record, groupBy, tags).some((group) => shown.includes(group)));
  expect(report.totals).toMatchObject(sumOf(records));
  expect(report.overlapping).toBe(records.some((record) => groupsOf(record, groupBy, tags).length > 1));
  const named = report.series.filter(({ isOther }) => !isOther);
  expect(named.map(({ values }) => JSON.stringify(values))).toEqual(shown);
  for (const { values, totals, points } of named) {
    const expected = sumOf(members.get(JSON.stringify(values))!);
    expect(totals).toMatchObject(expected);
    for (const metric of ["requests", "inputTokens", "costNanoUsd"] as const) {
      expect(points(metric).reduce((sum, value) => sum + value, 0)).toBe(expected[metric]);
    }
  }
  const other = report.series.filter(({ isOther }) => isOther);
  expect(other.map(({ totals }) => totals.requests)).toEqual(left.length === 0 ? [] : [left.length]);
  if (other[0] !== undefined) expect(other[0].totals).toMatchObject(sumOf(left));
}

describe("usage by the tags of keys agrees with the rows", () => {
  test.each([1, 2, 3, 4])("whatever is asked (case %#)", async (seed) => {
    const random = seededRandom(seed);
    const below = (count: number) => Math.floor(random() * count);
    const someTags = () => TAGS.filter(() => random() < 0.4);
    const world = openWorld();
    const tags = new Map<string, readonly string[]>();
    for (let index = 0; index < 7; index++) {
      const list = someTags();
      tags.set(await world.addClient(list), list);
    }
    const clients = [...tags.keys()];
    const lists = Array.from({ length: 4 }, someTags);
    const keys = await world.addKeys(lists);
    for (const [at, id] of keys.entries()) tags.set(id, lists[at]!);
    const records = Array.from({ length: 600 }, () =>
      makeRecord(NOON + below(3 * DAY_MS), {
        clientKeyId: below(10) === 0 ? null : clients[below(clients.length)]!,
        keyId: below(10) === 0 ? null : keys[below(keys.length)]!,
        servedModel: `model-${below(3)}`,
        costNanoUsd: below(1_000_000_000),
      }),
    );
    await world.log.write(records.slice(0, 400));
    // What came late is in quarter hours only: their days are made anew with the next.
    await world.log.write(records.slice(400));
    for (let round = 0; round < 40; round++) {
      if (round % 4 === 0) {
        const id = clients[below(clients.length)]!;
        if (round % 8 === 0 && (await world.clients.get(id)) !== null) {
          const list = someTags();
          await world.clients.update(id, { tags: list });
          tags.set(id, list);
        } else {
          await world.clients.delete([id]); // Its use counts by the tags it had.
        }
      }
      const groupBy = (
        [["clientTag"], ["keyTag"], ["clientTag", "model"], ["keyTag", "clientTag"], ["client", "clientTag"]] as const
      )[below(5)]!;
      const top = 1 + below(5);
      const clientTags = below(2) === 0 ? undefined : someTags();
      const keyTags = below(3) === 0 ? someTags() : undefined;
      const isMinute = below(4) === 0;
      const fromMs = NOON + below(8) * 900_000 + (isMinute ? below(2) * DAY_MS : 0);
      const toMs = isMinute ? fromMs + DAY_MS : NOON + 3 * DAY_MS - below(5) * 3_600_000;
      const interval = isMinute ? "minute" : (["quarter_hour", "hour", "day", "month"] as const)[below(4)]!;
      const hasOne = (id: string | null, wanted: readonly string[] | undefined) =>
        wanted === undefined || (id !== null && (tags.get(id) ?? []).some((tag) => wanted.includes(tag)));
      const asked = records.filter(
        ({ receivedAtMs, clientKeyId, keyId }) =>
          receivedAtMs >= fromMs && receivedAtMs < toMs && hasOne(clientKeyId, clientTags) && hasOne(keyId, keyTags),
      );
      const filter = { ...(clientTags && { clientTags }), ...(keyTags && { keyTags }) };
      const report = world.log.report({ fromMs, toMs, interval, groupBy, top, filter });
      expectAgreement(report, asked, { groupBy, top }, tags);
      const heat = world.log.ask("heat", {
        fromMs,
        toMs: Math.ceil(toMs / 900_000) * 900_000,
        timeZone: "UTC",
        filter,
      });
      expect(heat.requests.reduce((sum, count) => sum + count, 0)).toBe(asked.length);
    }
  });

  test("the rest is what stands in no group that is shown, counted once", async () => {
    const world = openWorld();
    const [both, one, none] = [
      await world.addClient(["eu", "research"]),
      await world.addClient(["research"]),
      await world.addClient([]),
    ];
    const by = (clientKeyId: string, cost: number) => makeRecord(NOON, { clientKeyId, costNanoUsd: cost });
    await world.log.write([by(both, 100), by(one, 10), by(none, 1)]);
    const report = (top: number) => {
      const { series, totals, overlapping } = world.log.report({
        fromMs: NOON,
        toMs: NOON + 1,
        groupBy: ["clientTag"],
        top,
      });
      return {
        overlapping,
        total: totals.costNanoUsd,
        rows: series.map(({ values, isOther, totals: each }) => [isOther ? "other" : values[0], each.costNanoUsd]),
      };
    };
    expect(report(5)).toEqual({
      overlapping: true,
      total: 111,
      rows: [
        ["research", 110],
        ["eu", 100],
        [null, 1],
      ],
    });
    expect(report(1)).toEqual({
      overlapping: true,
      total: 111,
      rows: [
        ["research", 110],
        ["other", 1],
      ],
    });
  });

  test("however many different lists of tags there are", () => {
    const words = Array.from({ length: 10 }, (_, index) => `t${index}`);
    const listOf = (id: string) => words.filter((_, at) => (Number(id.slice(4)) >> at) & 1);
    const group = (id: string): UsageGroup => [0, 0, 0, id, 0, 0, 0];
    const known = new Map(Array.from({ length: 1024 }, (_, number) => [number + 1, group(`cky_${number}`)]));
    const lines = new GroupLines(
      known,
      readLines({ groupBy: ["clientTag"] }, (_, id) => listOf(id)),
      () => true,
    );
    const kinds = [...known.keys()].map((id) => lines.of(id));
    const chosen = words.slice(0, 9).map((word) => lines.values.findIndex(([value]) => value === word));
    const bucket = new BucketCells(lines, chosen);
    const rest = new UsageCell();
    for (let round = 0; round < 2; round++) {
      bucket.clear();
      for (const kind of kinds) for (const cell of bucket.of(kind, [rest])) cell.requests++;
      expect(bucket.disjoint.reduce((sum, { requests }) => sum + requests, 0)).toBe(1024 - 2);
      expect(bucket.lines().map(({ requests }) => requests)).toEqual(Array.from({ length: 9 }, () => 512));
    }
    expect([bucket.hasOthers, rest.requests]).toEqual([true, 4]);
  });

  test("a tag counts from the moment it is written, for all that the key has done", async () => {
    const world = openWorld();
    const id = await world.addClient([]);
    await world.log.write([makeRecord(NOON, { clientKeyId: id })]);
    const tags = () =>
      world.log.report({ fromMs: NOON, toMs: NOON + 1, groupBy: ["clientTag"] }).series.map(({ values }) => values[0]);
    expect(tags()).toEqual([null]);
    await world.clients.update(id, { tags: ["ops"] });
    expect(tags()).toEqual(["ops"]);
    await world.clients.delete([id]);
    expect(tags()).toEqual(["ops"]);
  });
});
