import { describe, expect, test } from "bun:test";
import { Events } from "../src/events.ts";
import { Secret } from "../src/lib/secret.ts";
import { STRATEGIES, type Strategy } from "../src/llm/names.ts";
import { classifyRejection, type Failure } from "../src/policy/failure.ts";
import { KeyPool, type PickRequest, type PickResult } from "../src/pool.ts";
import { DEFAULT_SETTINGS } from "../src/settings.ts";
import type { ProviderEntry } from "../src/snapshot.ts";
import { seededRandom } from "./support/random.ts";

/** Asking whose turn it would be must not be a turn: two pools live through the same, one of them is asked all the time. */
const T0 = Date.UTC(2026, 10, 20, 12);
const MODEL = "gpt-4.1";

const reject = (status: number, headers: Record<string, string> = {}): Failure =>
  classifyRejection({ kind: "openai", status, headers: new Headers(headers), body: "", nowMs: T0 });
const FAULTS = [reject(429, { "retry-after": "20" }), reject(401), reject(402), reject(500)];

function providerOf(strategy: Strategy, random: () => number): ProviderEntry {
  const isEven = random() < 0.4;
  const keys = Array.from({ length: 1 + Math.floor(random() * 8) }, (_, at) => ({
    id: `k${at}`,
    providerId: "prv_1",
    name: `k${at}`,
    secret: new Secret(`secret-${at}`),
    enabled: random() < 0.9,
    weight: isEven ? 1 : 1 + Math.floor(random() * 5),
    priority: Math.floor(random() * 3),
    userAgent: null,
    proxyUrl: null,
    limits: null,
  }));
  return {
    id: "prv_1",
    version: 1,
    name: "main",
    kind: "openai",
    baseUrl: "https://api.openai.com/v1",
    apiVersion: null,
    botId: null,
    strategy,
    enabled: true,
    quirks: new Set(),
    ignoredQuirks: new Set(),
    keys,
  };
}

const idOf = (picked: PickResult) => (picked.kind === "key" ? picked.key.id : picked.reason);

/** The keys that are picked over 60 requests, some of which fail and try again; `ask` is called before each pick. */
function live(strategy: Strategy, seed: number, ask: (pool: KeyPool, request: PickRequest) => void): string[] {
  const random = seededRandom(seed);
  const provider = providerOf(strategy, random);
  const pool = new KeyPool({ events: new Events(), settings: () => DEFAULT_SETTINGS, random: seededRandom(seed + 1) });
  let nowMs = T0;
  pool.sync([provider], nowMs);
  const picks: string[] = [];
  for (let request = 0; request < 60; request++) {
    nowMs += Math.floor(random() * 5000);
    const stickyId = random() < 0.5 ? null : `user ${Math.floor(random() * 5)}`;
    const exclude = new Set<string>();
    for (let tries = 0; tries < 3; tries++) {
      const question = { provider, model: MODEL, exclude: tries === 0 ? null : exclude, stickyId, nowMs };
      ask(pool, question);
      const picked = pool.pick(question);
      picks.push(idOf(picked));
      if (picked.kind === "none") break;
      exclude.add(picked.key.id);
      const lease = pool.begin(picked.key, MODEL, nowMs);
      const isWell = random() < 0.7;
      if (isWell) lease.succeeded(nowMs, 50 + random() * 100);
      else lease.failed(FAULTS[Math.floor(random() * FAULTS.length)]!, nowMs, "req_1");
      if (random() < 0.8) lease.release();
      if (isWell) break;
    }
  }
  return picks;
}

describe.each([...STRATEGIES])("a pool that is asked whose turn it would be (%s)", (strategy) => {
  test("gives out the same keys as one that is not", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const unasked = live(strategy, seed, () => {});
      const asked = live(strategy, seed, (pool, request) => {
        for (let time = 0; time < 3; time++) pool.foresee(request);
      });
      expect({ seed, picks: asked }).toEqual({ seed, picks: unasked });
    }
  });

  test("names the key that comes, unless a lot decides", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const foreseen: (string | null)[] = [];
      const picks = live(strategy, seed, (pool, request) => {
        const isLot = strategy === "weighted" || strategy === "lowest_latency" || request.exclude !== null;
        foreseen.push(isLot ? null : idOf(pool.foresee(request)));
      });
      const told = foreseen.map((id, at) => id ?? picks[at]!);
      expect({ seed, picks: told }).toEqual({ seed, picks });
    }
  });
});
