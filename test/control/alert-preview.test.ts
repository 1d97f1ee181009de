import { afterAll, beforeAll, expect, test } from "bun:test";
import { replay } from "../../src/policy/alert-replay.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { makeRecord } from "../support/request-record.ts";

const QUARTER = 900_000;
const HOUR = 4 * QUARTER;
let server: AdminServer;
let nowMs: number;
beforeAll(async () => {
  server = await startAdminServer();
  nowMs = Math.floor(server.control.now() / QUARTER) * QUARTER;
  const settle = (hoursAgo: number, count: number, change: object) => {
    for (let index = 0; index < count; index++) {
      const receivedAtMs = nowMs - hoursAgo * HOUR + 1000 + index;
      server.store.record(makeRecord({ receivedAtMs, endedAtMs: receivedAtMs + 500, ...change }));
    }
  };
  // Two bad hours, a day apart; a dear one; else one quiet request in each quarter of an hour.
  for (let hours = 0.25; hours < 7 * 24 + 1; hours += 0.25) settle(hours, 1, { costNanoUsd: 1_000_000 });
  for (const hours of [50, 26]) settle(hours, 30, { status: "error", costNanoUsd: null });
  settle(10, 1, { costNanoUsd: 5_000_000_000, servedModel: "dear" });
  await server.store.flush();
});
afterAll(() => server.stop());

async function preview(condition: object, input: object = {}): Promise<Answer> {
  const { data, text } = await server.ask(
    `query ($input: CreateAlertRuleInput!) { previewAlertRule(input: $input) {
      from to replayable reason firings { subjectName openedAt resolvedAt occurrences }
    } }`,
    { input: { name: "planned", condition, ...input } },
  );
  if (!data) throw new Error(text);
  return data.previewAlertRule;
}

test("an error rate would have fired in the two bad hours", async () => {
  const { replayable, firings } = await preview({ errorRate: { share: 0.5, windowSeconds: 300, minimumRequests: 10 } });
  expect(replayable).toBe(true);
  expect(firings).toHaveLength(2);
  const [later, earlier] = firings.map(({ openedAt }: Answer) => Date.parse(openedAt));
  expect(later - earlier).toBe(24 * HOUR);
  expect(later).toBe(nowMs - 26 * HOUR + QUARTER);
  expect(await preview({ errorRate: { share: 0.99, windowSeconds: 300 } })).toMatchObject({ firings: [] });
});

test("a spike and a budget are found by model, silence where it was", async () => {
  const scope = { per: "MODEL" };
  const spike = await preview({ spendSpike: { factor: 3, hours: 1, minimumSpend: "1" } }, { scope });
  expect(spike.firings).toMatchObject([{ subjectName: "dear" }]);
  const budget = await preview({ budget: { limit: "5", period: "DAY" } }, { scope });
  expect(budget.firings).toMatchObject([{ subjectName: "dear" }]);
  expect((await preview({ noTraffic: { windowSeconds: 1800 } })).firings).toEqual([]);
  const nobody = await preview({ noTraffic: { windowSeconds: 1800 } }, { scope: { models: ["nobody"] } });
  expect(nobody.firings).toMatchObject([{ resolvedAt: null }]);
  const slow = await preview({ latency: { aboveMs: 100, percentile: "P50", minimumRequests: 1 } });
  expect(slow.firings).toHaveLength(1);
});

test("a kind whose past nobody knows says so; input that is wrong is refused", async () => {
  expect(await preview({ keyInvalid: {} })).toMatchObject({ replayable: false, firings: [] });
  expect(preview({ errorRate: { share: 3 } })).rejects.toThrow("BAD_USER_INPUT");
  expect(await server.store.alertRules.list()).toEqual([]);
});

test("a replay joins what falls into the cooldown", () => {
  const looks = [..."FFcccFccc"].map((letter, index) => ({
    atMs: index * QUARTER,
    verdict: letter === "F" ? ("firing" as const) : ("clear" as const),
  }));
  const rule = { forMs: 60_000, staleMs: 0, stepMs: QUARTER };
  expect(replay(looks, { ...rule, cooldownMs: 0 })).toHaveLength(2);
  expect(replay(looks, { ...rule, cooldownMs: HOUR })).toMatchObject([{ openedAt: 0, occurrences: 2 }]);
});
