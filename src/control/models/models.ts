import type { ModelTraits } from "../../llm/traits.ts";
import { overrideTraits, traitsOf } from "../../providers/traits.ts";
import type { ModelRow, ModelTarget, ProviderRow } from "../../store/types.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import { type CountedPage, type PageArgs, paginate } from "../page.ts";
import { type HealthState, type ModelHealthNow, readModelHealth } from "./model-health.ts";
import { type ShownPrice, showManualPrice, showPrice } from "./model-price.ts";

export interface ModelFilter {
  readonly search?: string | null;
  readonly providers?: readonly string[] | null;
  readonly capabilities?: readonly string[] | null;
  readonly enabled?: boolean | null;
  readonly health?: readonly HealthState[] | null;
  readonly priceMissing?: boolean | null;
}

export const MODEL_ORDERS = ["name", "createdAt", "updatedAt", "contextWindow"] as const;
export interface ModelOrder {
  readonly field: (typeof MODEL_ORDERS)[number];
  readonly direction: "asc" | "desc";
}

const KEYS: Readonly<Record<ModelOrder["field"], (row: ModelRow) => string | number>> = {
  name: (row) => row.name.toLowerCase(),
  createdAt: (row) => row.createdAt,
  updatedAt: (row) => row.updatedAt,
  contextWindow: (row) => row.contextWindow ?? 0,
};

export async function listModels(
  control: Control,
  filter: ModelFilter,
  page: PageArgs,
  { field, direction }: ModelOrder = { field: "name", direction: "asc" },
): Promise<CountedPage<ModelRow>> {
  const rows = [...(await control.rows.models()).values()].filter(matcher(filter));
  const kept = await keepByState(control, rows, filter);
  return paginate(kept, page, { name: field, descending: direction === "desc", key: KEYS[field] });
}

/** By id, or by name; aliases count. */
export async function getModel(
  control: Control,
  by: { readonly id?: string | null; readonly name?: string | null },
): Promise<ModelRow | null> {
  if ((by.id == null) === (by.name == null)) throw badInput("Give `id` or `name`: one of the two.", "id");
  const rows = await control.rows.models();
  if (by.id != null) return rows.get(by.id) ?? null;
  return [...rows.values()].find((row) => row.name === by.name || row.aliases.includes(by.name!)) ?? null;
}

export async function listModelsOfProvider(control: Control, providerId: string): Promise<ModelRow[]> {
  const rows = [...(await control.rows.models()).values()];
  return rows.filter((row) => row.targets.some((target) => target.providerId === providerId));
}

/** As they are asked and counted wherever a target is named by its place; equal priorities in the order they were given. */
export function targetsInOrder({ targets }: ModelRow): readonly ModelTarget[] {
  return targets.toSorted((a, b) => a.priority - b.priority);
}

/** What a million tokens cost at this target; null when nobody knows. */
export async function readTargetPrice(
  control: Control,
  model: ModelRow,
  target: ModelTarget,
): Promise<ShownPrice | null> {
  const provider = (await control.rows.providers()).get(target.providerId);
  return provider === undefined ? null : targetPrice(model, target, provider, control.now());
}

/** What the gateway goes by when it translates for this target; null when its provider is gone. */
export async function readTargetTraits(control: Control, target: ModelTarget): Promise<ModelTraits | null> {
  const provider = (await control.rows.providers()).get(target.providerId);
  return provider === undefined
    ? null
    : overrideTraits(traitsOf(provider.kind, target.upstreamModel), target.traits ?? {});
}

/** The price of the target that is asked first. */
export async function readModelPrice(control: Control, model: ModelRow): Promise<ShownPrice | null> {
  return modelPrice(model, await control.rows.providers(), control.now());
}

export async function readHealth(control: Control, model: ModelRow): Promise<ModelHealthNow> {
  const health = readModelHealth(model, await control.capacities.read());
  control.modelEvents.noteShown(model.id, health.state);
  return { ...health, ...control.modelPulses.read(model) };
}

function modelPrice(model: ModelRow, providers: ReadonlyMap<string, ProviderRow>, nowMs: number): ShownPrice | null {
  const enabled = model.targets.filter((target) => target.enabled && providers.get(target.providerId)?.enabled);
  const [first] = [...(enabled.length > 0 ? enabled : model.targets)].sort((a, b) => a.priority - b.priority);
  const provider = first && providers.get(first.providerId);
  if (first === undefined || provider === undefined) return showManualPrice(model.price, model.name, nowMs);
  return targetPrice(model, first, provider, nowMs);
}

function targetPrice(model: ModelRow, target: ModelTarget, provider: ProviderRow, atMs: number): ShownPrice | null {
  return showPrice(model.price, target.upstreamModel, provider, atMs);
}

function matcher(filter: ModelFilter): (row: ModelRow) => boolean {
  const search = filter.search?.trim().toLowerCase();
  return (row) =>
    (filter.enabled == null || row.enabled === filter.enabled) &&
    (!filter.providers || row.targets.some((target) => filter.providers!.includes(target.providerId))) &&
    (!filter.capabilities || filter.capabilities.every((capability) => row.capabilities.includes(capability))) &&
    (!search || searchable(row).includes(search));
}

function searchable(row: ModelRow): string {
  const upstream = row.targets.map((target) => target.upstreamModel);
  return [row.name, row.displayName ?? "", row.description ?? "", ...row.aliases, ...upstream].join("\n").toLowerCase();
}

/** What is computed, not stored: only when asked for. */
async function keepByState(control: Control, rows: ModelRow[], filter: ModelFilter): Promise<ModelRow[]> {
  if (!filter.health && filter.priceMissing == null) return rows;
  const capacities = await control.capacities.read();
  const providers = await control.rows.providers();
  const nowMs = control.now();
  return rows.filter(
    (row) =>
      (!filter.health || filter.health.includes(readModelHealth(row, capacities).state)) &&
      (filter.priceMissing == null || isUnpriced(row, providers, nowMs) === filter.priceMissing),
  );
}

/** Rows and providers are read anew after each change; until then what the list does not know it does not learn. */
const unpriced = new WeakMap<ReadonlyMap<string, ProviderRow>, WeakMap<ModelRow, boolean>>();

function isUnpriced(model: ModelRow, providers: ReadonlyMap<string, ProviderRow>, nowMs: number): boolean {
  let known = unpriced.get(providers);
  if (known === undefined) {
    known = new WeakMap();
    unpriced.set(providers, known);
  }
  const answer = known.get(model) ?? modelPrice(model, providers, nowMs) === null;
  known.set(model, answer);
  return answer;
}
