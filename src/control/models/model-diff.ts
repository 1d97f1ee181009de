import type { OfferedModel } from "../../llm/model-capabilities.ts";
import { findContextWindow } from "../../policy/price-list.ts";
import type { ModelRow, ModelValues, ProviderRow } from "../../store/types.ts";
import { formatPrice } from "../usage/money.ts";
import { type ShownPrice, showPrice } from "./model-price.ts";
import { targetsInOrder } from "./models.ts";

export const SYNC_KINDS = ["ADDED", "REMOVED", "CHANGED"] as const;
export const SYNC_FIELDS = ["contextWindow", "maxOutputTokens", "capabilities", "price"] as const;

/** One difference between what a provider offers and what is configured, for a person to tick. */
export interface SyncEntry {
  /** The same in every preview while the difference is the same. */
  readonly key: string;
  readonly kind: (typeof SYNC_KINDS)[number];
  readonly upstreamModel: string;
  /** The entry that changes; null: a new one. */
  readonly model: ModelRow | null;
  readonly offered: OfferedModel | null;
  readonly changes: readonly FieldChange[];
  /** The bundled list's. */
  readonly price: ShownPrice | null;
}

export interface FieldChange {
  readonly field: (typeof SYNC_FIELDS)[number];
  readonly before: string | null;
  readonly after: string | null;
  readonly patch: Partial<ModelValues>;
}

export interface DiffFacts {
  readonly provider: ProviderRow;
  readonly offered: readonly OfferedModel[];
  readonly models: Iterable<ModelRow>;
  readonly nowMs: number;
}

export function diffModels({ provider, offered, models, nowMs }: DiffFacts): SyncEntry[] {
  const rows = [...models];
  const byName = new Map(rows.flatMap((row) => [row.name, ...row.aliases].map((name) => [name, row] as const)));
  const named = new Set(
    rows.flatMap((row) => row.targets.filter(isHere(provider)).map((target) => target.upstreamModel)),
  );
  const offers = new Map(offered.map((model) => [model.id, model]));
  const priceOf = (upstreamModel: string) => showPrice(null, upstreamModel, provider, nowMs);
  const added = offered
    .filter(({ id }) => !named.has(id))
    .map(
      (model): SyncEntry => ({
        key: `added/${model.id}`,
        kind: "ADDED",
        upstreamModel: model.id,
        model: byName.get(model.id) ?? null,
        changes: [],
        // The price list is asked only about what is looked at: there may be thousands.
        get offered() {
          return { ...model, contextWindow: contextOf(provider, model) };
        },
        get price() {
          return priceOf(model.id);
        },
      }),
    );
  const removed = rows.flatMap((row) =>
    row.targets.filter(isHere(provider)).flatMap(({ upstreamModel }): SyncEntry[] => {
      if (offers.has(upstreamModel)) return [];
      const key = `removed/${row.id}/${upstreamModel}`;
      return [{ key, kind: "REMOVED", upstreamModel, model: row, offered: null, changes: [], price: null }];
    }),
  );
  const changed = rows.flatMap((row): SyncEntry[] => {
    // What it is called follows the target that is asked first.
    const [first] = targetsInOrder(row);
    const model = first !== undefined && isHere(provider)(first) ? offers.get(first.upstreamModel) : undefined;
    if (model === undefined) return [];
    const price = priceOf(model.id);
    const changes = changesOf(row, { ...model, contextWindow: contextOf(provider, model) }, price);
    const key = `changed/${row.id}/${changes.map(({ field }) => field).join("+")}`;
    const { id: upstreamModel } = model;
    return changes.length === 0
      ? []
      : [{ key, kind: "CHANGED", upstreamModel, model: row, offered: model, changes, price }];
  });
  return [...added, ...removed, ...changed];
}

function isHere(provider: ProviderRow) {
  return ({ providerId }: { readonly providerId: string }) => providerId === provider.id;
}

/** The provider's own word, else the bundled list's. */
function contextOf({ kind, baseUrl }: ProviderRow, { id, contextWindow }: OfferedModel): number | null {
  return contextWindow ?? findContextWindow(kind, id, baseUrl);
}

/** Nothing that the provider says nothing of is taken away; what a person ticked as a capability stays. */
function changesOf(row: ModelRow, offered: OfferedModel, list: ShownPrice | null): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const field of ["contextWindow", "maxOutputTokens"] as const) {
    const after = offered[field];
    if (after === null || after === row[field]) continue;
    changes.push({ field, before: row[field]?.toString() ?? null, after: after.toString(), patch: { [field]: after } });
  }
  const news = offered.capabilities.filter((each) => !row.capabilities.includes(each));
  if (news.length > 0) {
    const capabilities = [...row.capabilities, ...news];
    const before = row.capabilities.join(", ") || null;
    changes.push({ field: "capabilities", before, after: capabilities.join(", "), patch: { capabilities } });
  }
  const { price } = row;
  const listed = list?.price ?? null;
  if (price !== null && listed !== null && (price.input !== listed.input || price.output !== listed.output)) {
    changes.push({ field: "price", before: inWords(price), after: inWords(listed), patch: { price: null } });
  }
  return changes;
}

function inWords({ input, output }: { readonly input: number; readonly output: number }): string {
  return `${formatPrice(input)} in, ${formatPrice(output)} out`;
}
