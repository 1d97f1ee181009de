import { SEVERITIES, type Severity } from "../../alert-rule.ts";
import type { ModelRow, ProviderRow } from "../../store/types.ts";
import type { Control } from "../control.ts";
import type { ProviderKeyCounts } from "../keys/key-status.ts";
import { readModelHealth } from "../models/model-health.ts";
import type { NodeRow } from "../user-errors.ts";

export const ATTENTION_KINDS = [
  "NO_PROVIDER",
  "PROVIDER_WITHOUT_KEYS",
  "PROVIDER_DOWN",
  "KEYS_INVALID",
  "KEYS_EXHAUSTED",
  "MODEL_DOWN",
  "MODEL_UNPRICED",
  "LOG_ROWS_DROPPED",
  "LOG_NOT_WRITABLE",
] as const;

/** Something a person should look at. `kind` and `count` let the console say it in its own language. */
export interface AttentionItem {
  readonly kind: (typeof ATTENTION_KINDS)[number];
  readonly severity: Severity;
  readonly title: string;
  readonly detail: string | null;
  readonly count: number;
  readonly subject: NodeRow | null;
  /** When it has no id: a model that no entry stands for. */
  readonly subjectName: string | null;
}

const DAY_MS = 86_400_000;
const MAX_UNPRICED = 10;

/** Most pressing first. */
export async function findAttention(control: Control): Promise<AttentionItem[]> {
  const found = await Promise.all([aboutProviders(control), aboutModels(control), aboutPrices(control)]);
  const items = [...aboutLog(control), ...found.flat()];
  return items.sort((left, right) => SEVERITIES.indexOf(right.severity) - SEVERITIES.indexOf(left.severity));
}

async function aboutProviders(control: Control): Promise<AttentionItem[]> {
  const providers = [...(await control.rows.providers()).values()].filter((provider) => provider.enabled);
  if (providers.length === 0) {
    return [item({ kind: "NO_PROVIDER", severity: "CRITICAL", title: "No provider is enabled", count: 0 })];
  }
  const capacities = await control.capacities.read();
  return providers.flatMap((provider) => aboutKeys(provider, capacities.get(provider.id)!.counts));
}

function aboutKeys(provider: ProviderRow, counts: ProviderKeyCounts): AttentionItem[] {
  const { name } = provider;
  if (counts.total - counts.disabled === 0) {
    const detail = counts.disabled > 0 ? "All its keys are disabled." : "It has no key yet.";
    return [
      item({
        kind: "PROVIDER_WITHOUT_KEYS",
        severity: "WARNING",
        title: `${name} has no key to use`,
        detail,
        count: counts.disabled,
        subject: provider,
      }),
    ];
  }
  const items: AttentionItem[] = [];
  if (counts.active + counts.unchecked === 0) {
    const waiting = counts.cooling > 0 ? `${counts.cooling} come back by themselves.` : null;
    items.push(
      item({
        kind: "PROVIDER_DOWN",
        severity: "CRITICAL",
        title: `No key of ${name} can be used now`,
        detail: waiting,
        count: counts.total,
        subject: provider,
      }),
    );
  }
  if (counts.invalid > 0) {
    const title = `${keys(counts.invalid)} of ${name} refused by the upstream`;
    const detail = "Replace or delete them: they do not come back by themselves.";
    items.push(
      item({ kind: "KEYS_INVALID", severity: "CRITICAL", title, detail, count: counts.invalid, subject: provider }),
    );
  }
  if (counts.exhausted > 0) {
    const title = `${keys(counts.exhausted)} of ${name} without credit or daily allowance`;
    items.push(
      item({ kind: "KEYS_EXHAUSTED", severity: "WARNING", title, count: counts.exhausted, subject: provider }),
    );
  }
  return items;
}

async function aboutModels(control: Control): Promise<AttentionItem[]> {
  const models = [...(await control.rows.models()).values()].filter((model) => model.enabled);
  const capacities = await control.capacities.read();
  return models
    .filter((model) => readModelHealth(model, capacities).state === "DOWN")
    .map((model) =>
      item({
        kind: "MODEL_DOWN",
        severity: "CRITICAL",
        title: `${model.name} cannot be served now`,
        count: 1,
        subject: model,
      }),
    );
}

/** Models that served requests in the last day whose cost nobody knows. */
async function aboutPrices(control: Control): Promise<AttentionItem[]> {
  const toMs = control.now();
  const query = { fromMs: toMs - DAY_MS, toMs, timeZone: "UTC", interval: "month", groupBy: ["model"] } as const;
  const { series } = await control.store.usage.report({ ...query, filter: {}, top: 200 });
  const unpriced = series
    .map((one) => ({ name: one.values[0] ?? null, count: one.totals.unpricedRequests }))
    .filter((one): one is { name: string; count: number } => one.name !== null && one.count > 0)
    .sort((left, right) => right.count - left.count)
    .slice(0, MAX_UNPRICED);
  const byName = modelsByName([...(await control.rows.models()).values()]);
  return unpriced.map(({ name, count }) => {
    const title = `${name} has no price`;
    const detail = `${count} requests of the last 24 hours are missing from the cost.`;
    return item({
      kind: "MODEL_UNPRICED",
      severity: "WARNING",
      title,
      detail,
      count,
      subject: byName.get(name) ?? null,
      subjectName: name,
    });
  });
}

function aboutLog(control: Control): AttentionItem[] {
  const { writable, lastWriteError, droppedRecords } = control.store.stats();
  const items: AttentionItem[] = [];
  if (!writable) {
    items.push(
      item({
        kind: "LOG_NOT_WRITABLE",
        severity: "CRITICAL",
        title: "The request log cannot be written",
        detail: lastWriteError,
        count: 1,
      }),
    );
  }
  if (droppedRecords > 0) {
    const title = `${droppedRecords} request log rows were dropped`;
    const detail = "The disk could not keep up or refused to write. Requests were served.";
    items.push(item({ kind: "LOG_ROWS_DROPPED", severity: "WARNING", title, detail, count: droppedRecords }));
  }
  return items;
}

function modelsByName(models: readonly ModelRow[]): Map<string, ModelRow> {
  // What the roll-ups call a model is the upstream's name; the model's own name comes last and wins.
  const upstream = models.flatMap((model) => model.targets.map((target) => [target.upstreamModel, model] as const));
  return new Map([...upstream, ...models.map((model) => [model.name, model] as const)]);
}

function keys(count: number): string {
  return count === 1 ? "1 key" : `${count} keys`;
}

type Brief = Pick<AttentionItem, "kind" | "severity" | "title" | "count"> & Partial<AttentionItem>;

function item(brief: Brief): AttentionItem {
  return { detail: null, subject: null, subjectName: null, ...brief };
}
