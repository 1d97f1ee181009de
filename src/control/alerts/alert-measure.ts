import type { ConditionOf } from "../../alert-rule.ts";
import {
  judgeBalance,
  judgeBudget,
  judgeDisk,
  judgeErrorRate,
  judgeKey,
  judgeLatency,
  judgeProvider,
  judgeSpike,
  judgeTraffic,
  type Verdict,
} from "../../policy/alert-verdict.ts";
import type { AlertRuleRow } from "../../store/alert-types.ts";
import type { ProviderKeyRow, ProviderRow } from "../../store/types.ts";
import type { ControlDeps } from "../deps.ts";
import { type KeyColumns, NO_BALANCE } from "../keys/key-columns.ts";
import { countEnabled, PROVIDER_KEY_STATUSES } from "../keys/key-status.ts";
import { type KeyTest, rowTests } from "../keys/provider-key-filter.ts";
import type { CapacityCounter } from "../providers/provider-capacity.ts";
import type { ConfigRows } from "../rows.ts";
import type { AlertCounter } from "./alert-counters.ts";
import { readSpent, readSpikes } from "./alert-spend.ts";
import {
  balanceWords,
  budgetWords,
  diskWords,
  errorRateWords,
  keyWords,
  latencyWords,
  providerWords,
  spikeWords,
  trafficWords,
  type Words,
} from "./alert-words.ts";

export interface MeasureDeps extends Pick<ControlDeps, "store" | "pool" | "now"> {
  readonly rows: ConfigRows;
  readonly capacities: CapacityCounter;
  /** What is known of a key's money, in nano-units of the balance's own currency; null: nothing. */
  balanceOf(keyId: string): { readonly remaining: number | null } | null;
}

/** What was found about one subject of a rule. Subjects that are not named are well. */
export interface Reading extends Words {
  readonly subject: string;
  readonly verdict: Verdict;
}

/** Looks at counters and roll-ups, never at single requests. */
export async function measure(
  deps: MeasureDeps,
  rule: AlertRuleRow,
  counter: AlertCounter | undefined,
): Promise<Reading[]> {
  const { condition } = rule;
  switch (condition.kind) {
    case "KEY_INVALID":
      return measureKeys(deps, rule, condition);
    case "PROVIDER_LOW":
      return measureProviders(deps, rule, condition);
    case "LOW_BALANCE":
      return measureBalances(deps, rule, condition);
    case "ERROR_RATE":
    case "LATENCY":
      return measureRequests(deps, rule, condition, counter);
    case "BUDGET":
      return measureBudget(deps, rule, condition);
    case "SPEND_SPIKE":
      return measureSpike(deps, rule, condition);
    case "NO_TRAFFIC": {
      const silentMs = counter === undefined ? 0 : deps.now() - counter.lastAtMs;
      return [{ subject: "", verdict: judgeTraffic(condition, silentMs), ...trafficWords(silentMs) }];
    }
    case "DISK_SPACE": {
      const space = await deps.store.diskSpace();
      return [{ subject: "", verdict: judgeDisk(condition, space), ...diskWords(space) }];
    }
  }
}

async function measureKeys(deps: MeasureDeps, { scope }: AlertRuleRow, condition: ConditionOf<"KEY_INVALID">) {
  const nowMs = deps.now();
  const isBad = PROVIDER_KEY_STATUSES.map((status) => judgeKey(condition, status) !== "clear");
  const readings: Reading[] = [];
  const found = await keysInUse(deps, scope, (columns) => {
    const statuses = columns.shownStatuses(nowMs);
    return (slot) => isBad[statuses[slot]!]!;
  });
  for (const { key, provider } of found) {
    const { health, httpStatus, message } = deps.pool.status(key.id, nowMs);
    const words = keyWords({ name: key.name, provider: provider.name }, { state: health, httpStatus, message });
    readings.push({ subject: key.id, verdict: judgeKey(condition, health), ...words });
  }
  return readings;
}

async function measureBalances(deps: MeasureDeps, { scope }: AlertRuleRow, condition: ConditionOf<"LOW_BALANCE">) {
  const readings: Reading[] = [];
  const hasBalance =
    ({ balance }: KeyColumns) =>
    (slot: number) =>
      balance[slot]! > NO_BALANCE;
  for (const { key, provider } of await keysInUse(deps, scope, hasBalance)) {
    const remaining = deps.balanceOf(key.id)?.remaining ?? null;
    const verdict = remaining === null ? "clear" : judgeBalance(condition, remaining);
    if (verdict === "clear") continue;
    readings.push({ subject: key.id, verdict, ...balanceWords(`${key.name} of ${provider.name}`, remaining!) });
  }
  return readings;
}

/** Those that a person wants in use, within the rule's scope, that are `atStake`: of 100,000 keys a few. */
async function keysInUse(
  { rows }: MeasureDeps,
  { providerIds, keyIds }: AlertRuleRow["scope"],
  atStake: (columns: KeyColumns) => KeyTest,
) {
  const [providers, table] = await Promise.all([rows.providers(), rows.keyTable()]);
  const columns = table.observed();
  const ofScope = { providers: providerIds.length > 0 ? providerIds : null, ids: keyIds.length > 0 ? keyIds : null };
  const tests = [atStake(columns), ...rowTests(ofScope, table)];
  const found: { readonly key: ProviderKeyRow; readonly provider: ProviderRow }[] = [];
  for (let slot = 0; slot < columns.end; slot++) {
    if (columns.isThere[slot] === 0 || !tests.every((test) => test(slot))) continue;
    const key = table.rowAt(slot);
    const provider = providers.get(key.providerId);
    if (key.enabled && provider?.enabled) found.push({ key, provider });
  }
  return found;
}

async function measureProviders(deps: MeasureDeps, { scope }: AlertRuleRow, condition: ConditionOf<"PROVIDER_LOW">) {
  const [providers, capacities] = await Promise.all([deps.rows.providers(), deps.capacities.read()]);
  const readings: Reading[] = [];
  for (const provider of providers.values()) {
    const capacity = capacities.get(provider.id);
    if (!provider.enabled || capacity === undefined) continue;
    if (scope.providerIds.length > 0 && !scope.providerIds.includes(provider.id)) continue;
    const keys = { usable: capacity.usableKeys, enabled: countEnabled(capacity.counts) };
    const verdict = judgeProvider(condition, keys);
    if (verdict !== "clear") readings.push({ subject: provider.id, verdict, ...providerWords(provider.name, keys) });
  }
  return readings;
}

async function measureRequests(
  deps: MeasureDeps,
  rule: AlertRuleRow,
  condition: ConditionOf<"ERROR_RATE" | "LATENCY">,
  counter: AlertCounter | undefined,
): Promise<Reading[]> {
  const counted = counter?.read(deps.now()) ?? [];
  const found = new Map(counted.map((one) => [one.subject, one]));
  // Everything together is one subject, seen also when nothing came.
  if (rule.scope.per === null && !found.has("")) return [{ subject: "", verdict: "unsure", title: "", detail: null }];
  const names = await namesFor(deps, rule.scope.per);
  return [...found.values()].map((one) => {
    const name = one.subject === "" ? null : names(one.subject);
    if (condition.kind === "ERROR_RATE") {
      return { subject: one.subject, verdict: judgeErrorRate(condition, one), ...errorRateWords(condition, name, one) };
    }
    const seen = { requests: one.requests, valueMs: one.percentileMs };
    const words = latencyWords(condition, name, { ...seen, valueMs: seen.valueMs ?? 0 });
    return { subject: one.subject, verdict: judgeLatency(condition, seen), ...words };
  });
}

async function measureBudget(deps: MeasureDeps, { scope }: AlertRuleRow, condition: ConditionOf<"BUDGET">) {
  const spent = await readSpent(deps, condition, scope, deps.now());
  const names = await namesFor(deps, scope.per);
  return [...spent].map(([subject, nanoUsd]) => ({
    subject,
    verdict: judgeBudget(condition, nanoUsd),
    ...budgetWords(condition, subject === "" ? null : names(subject), nanoUsd),
  }));
}

async function measureSpike(deps: MeasureDeps, { scope }: AlertRuleRow, condition: ConditionOf<"SPEND_SPIKE">) {
  const spikes = await readSpikes(deps, condition, scope, deps.now());
  const names = await namesFor(deps, scope.per);
  return [...spikes].map(([subject, seen]) => ({
    subject,
    verdict: judgeSpike(condition, seen),
    ...spikeWords(condition, subject === "" ? null : names(subject), seen),
  }));
}

/** Subjects as people call them. */
async function namesFor(
  { rows }: MeasureDeps,
  per: AlertRuleRow["scope"]["per"],
): Promise<(subject: string) => string> {
  const byId = { provider: () => rows.providers(), key: () => rows.providerKeys(), client: () => rows.clientKeys() };
  if (per === null || per === "model") return (subject) => subject;
  const found: ReadonlyMap<string, { readonly name: string }> = await byId[per]();
  return (subject) => found.get(subject)?.name ?? subject;
}
