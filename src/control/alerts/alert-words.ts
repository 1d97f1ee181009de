import type { ConditionOf } from "../../alert-rule.ts";
import { quote } from "../../policy/wording.ts";
import { formatNanoUsd } from "../usage/money.ts";

/** What an incident is called, and what is known of it. Upstreams' words are quoted: masked, one line, bounded. */
export interface Words {
  readonly title: string;
  readonly detail: string | null;
}

/** What a rule with `per` is about, in a sentence: "OpenAI", "gpt-4.1". Null: everything the rule looks at. */
export type SubjectName = string | null;

export function keyWords(
  key: { readonly name: string; readonly provider: string },
  seen: { readonly state: string; readonly httpStatus: number | null; readonly message: string | null },
): Words {
  const verb = seen.state === "exhausted" ? "has no credit or allowance left" : "is refused by the upstream";
  return { title: `Key ${key.name} of ${key.provider} ${verb}`, detail: upstreamWords(seen.httpStatus, seen.message) };
}

export function providerWords(name: string, keys: { readonly usable: number; readonly enabled: number }): Words {
  const title =
    keys.usable === 0 ? `No key of ${name} can be used` : `Only ${keys.usable} of ${keys.enabled} keys of ${name} work`;
  return { title, detail: `${keys.usable} of ${keys.enabled} enabled keys can be used now.` };
}

export function balanceWords(name: string, nanoUsd: number): Words {
  return { title: `Key ${name} has ${usd(nanoUsd).slice(1)} left`, detail: "In the currency of its balance." };
}

export function errorRateWords(
  { windowMs }: ConditionOf<"ERROR_RATE">,
  name: SubjectName,
  seen: { readonly requests: number; readonly errors: number; readonly errorText: string | null },
): Words {
  const words = quote(seen.errorText);
  const counts = `${seen.errors} of ${seen.requests} requests in ${span(windowMs)} ended in an error.`;
  return {
    title: `${percent(seen.errors / seen.requests)} of requests${of(name)} fail`,
    detail: words === null ? counts : `${counts} The last one: ${words}`,
  };
}

export function latencyWords(
  { metric, percentile, windowMs, aboveMs }: ConditionOf<"LATENCY">,
  name: SubjectName,
  seen: { readonly requests: number; readonly valueMs: number },
): Words {
  const what = metric === "latency" ? "latency" : "time to the first token";
  return {
    title: `${percentile} ${what}${of(name)} is ${seconds(seen.valueMs)}`,
    detail: `Over ${seen.requests} requests in ${span(windowMs)}; the line is ${seconds(aboveMs)}.`,
  };
}

export function budgetWords({ limitNanoUsd, period }: ConditionOf<"BUDGET">, name: SubjectName, spent: number): Words {
  return {
    title: `${usd(spent)} of ${usd(limitNanoUsd)} spent${of(name)} this ${period}`,
    detail: `${percent(spent / limitNanoUsd)} of the budget.`,
  };
}

export function spikeWords(
  { hours }: ConditionOf<"SPEND_SPIKE">,
  name: SubjectName,
  seen: { readonly nowNanoUsd: number; readonly usualNanoUsd: number },
): Words {
  const usual = seen.usualNanoUsd > 0 ? `usually ${usd(seen.usualNanoUsd)}` : "usually nothing";
  return {
    title: `${usd(seen.nowNanoUsd)} spent${of(name)} in ${span(hours * 3_600_000)}`,
    detail: `At these hours it is ${usual} (average of the seven days before).`,
  };
}

export function trafficWords(silentMs: number): Words {
  return { title: `No request for ${span(silentMs)}`, detail: null };
}

export function diskWords({ freeBytes, totalBytes }: { freeBytes: number; totalBytes: number }): Words {
  return {
    title: `${gigabytes(freeBytes)} of disk left`,
    detail: `The file system of the data directory has ${gigabytes(totalBytes)}; ${percent(freeBytes / totalBytes)} is free.`,
  };
}

function upstreamWords(httpStatus: number | null, message: string | null): string | null {
  const words = quote(message);
  if (httpStatus === null) return words;
  return words === null ? `HTTP ${httpStatus}` : `HTTP ${httpStatus}: ${words}`;
}

function of(name: SubjectName): string {
  return name === null ? "" : ` of ${name}`;
}

function usd(nanoUsd: number): string {
  return `$${formatNanoUsd(Math.round(nanoUsd / 10_000) * 10_000)}`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`;
}

function span(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

function gigabytes(bytes: number): string {
  return `${Math.round(bytes / 1e8) / 10} GB`;
}
