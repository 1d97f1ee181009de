import { Events, type KeyHealthChange } from "../../src/events.ts";
import { Secret } from "../../src/lib/secret.ts";
import type { Strategy } from "../../src/llm/names.ts";
import { classifyRejection, classifyUnreachable, type Failure } from "../../src/policy/failure.ts";
import { KeyPool, type PickRequest, type PickResult } from "../../src/pool.ts";
import { DEFAULT_SETTINGS } from "../../src/settings.ts";
import type { KeyEntry, ProviderEntry } from "../../src/snapshot.ts";
import { seededRandom } from "../support/random.ts";

export const T0 = Date.UTC(2026, 10, 20, 12);
export const MINUTE = 60_000;
export const MODEL = "gpt-4.1";

export function keyEntry(id: string, rest: Partial<KeyEntry> = {}): KeyEntry {
  return {
    id,
    providerId: "prv_1",
    name: id,
    secret: new Secret(`secret-of-${id}`),
    enabled: true,
    weight: 1,
    priority: 0,
    userAgent: null,
    proxyUrl: null,
    limits: null,
    ...rest,
  };
}

export function providerEntry(keys: readonly KeyEntry[], rest: Partial<ProviderEntry> = {}): ProviderEntry {
  return {
    id: "prv_1",
    version: 1,
    name: "main",
    kind: "openai",
    baseUrl: "https://api.openai.com/v1",
    apiVersion: null,
    botId: null,
    strategy: "round_robin",
    enabled: true,
    quirks: new Set(),
    ignoredQuirks: new Set(),
    keys,
    ...rest,
  };
}

export const reject = (status: number, headers: Record<string, string> = {}, body = ""): Failure =>
  classifyRejection({ kind: "openai", status, headers: new Headers(headers), body, nowMs: T0 });
export const LIMITED = reject(429, { "retry-after": "20" });
export const REFUSED = reject(401);
export const SPENT = reject(402);
export const BROKEN = reject(500);
export const CLIENTS_FAULT = reject(400);
export const TIMEOUT = classifyUnreachable({ cause: "timeout", message: "no answer" });

export let now = 0;
export let pool: KeyPool;
export let provider: ProviderEntry;
export let changes: KeyHealthChange[];

export function start(keys: number | readonly KeyEntry[], strategy: Strategy = "round_robin"): void {
  now = T0;
  changes = [];
  const events = new Events();
  events.on("keyHealth", (change) => changes.push(change));
  const entries = typeof keys === "number" ? Array.from({ length: keys }, (_, index) => keyEntry(`k${index}`)) : keys;
  provider = providerEntry(entries, { strategy });
  pool = new KeyPool({ events, settings: () => DEFAULT_SETTINGS, random: seededRandom(1) });
  pool.sync([provider], now);
}

export function pick(rest: Partial<PickRequest> = {}): PickResult {
  return pool.pick({ provider, model: MODEL, exclude: null, stickyId: null, nowMs: now, ...rest });
}
export function pickedId(rest: Partial<PickRequest> = {}): string | null {
  const picked = pick(rest);
  return picked.kind === "key" ? picked.key.id : null;
}
export const entryOf = (id: string) => provider.keys.find((key) => key.id === id)!;

/** One attempt from begin to release, with this verdict. */
export function attempt(id: string, verdict: Failure | "ok" | "abandoned", model = MODEL): number | null {
  const lease = pool.begin(entryOf(id), model, now);
  let cooldownMs: number | null = null;
  if (verdict === "ok") lease.succeeded(now, 100);
  else if (verdict !== "abandoned") ({ cooldownMs } = lease.failed(verdict, now, "req_1"));
  lease.release();
  return cooldownMs;
}

/** Which keys a number of requests in a row would get. */
export const turns = (count: number, rest: Partial<PickRequest> = {}) =>
  Array.from({ length: count }, () => pickedId(rest));

/** Time passes only here. */
export function advance(ms: number): void {
  now += ms;
}

export function replaceProvider(next: ProviderEntry): void {
  provider = next;
}

export function replacePool(next: KeyPool): void {
  pool = next;
}
