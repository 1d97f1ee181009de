import { z } from "zod";
import type { ProviderOffer } from "../../store/provider-offers.ts";
import type { ConfigNouns, ModelRow, ModelValues, ProviderRow } from "../../store/types.ts";
import type { Control } from "../control.ts";
import { idField } from "../fields.ts";
import { type Given, notFound, ok, type Result, readInput, refuse } from "../user-errors.ts";
import { applyChange } from "../writes.ts";
import { diffModels, type SyncEntry } from "./model-diff.ts";
import { fetchOffer } from "./model-offer.ts";

export interface SyncPreview {
  readonly provider: ProviderRow;
  readonly seenAt: number;
  readonly entries: readonly SyncEntry[];
}

export interface SyncResult extends SyncPreview {
  /** The entries as they are now; none in a dry run. */
  readonly models: readonly ModelRow[];
}

/** What a person looked at may be applied for so long without asking the provider again. */
const FRESH_MS = 15 * 60_000;
export const MOST_AT_ONCE = 500;
/** So many are written before the streams get their turn: about 10 ms. */
const SLICE = 16;

/** Asks the provider what it offers, and says how that differs from what is configured. */
export async function previewModelSync(control: Control, providerId: string): Promise<Result<SyncPreview>> {
  const offer = await fetchOffer(control, providerId);
  return offer.ok ? compare(control, offer.value) : offer;
}

const syncInput = z.strictObject({
  providerId: idField,
  dryRun: z.boolean().default(false),
  apply: z
    .array(z.string().max(500, "This is no entry's key."))
    .max(MOST_AT_ONCE, `At most ${MOST_AT_ONCE} entries at once.`)
    .transform((keys) => [...new Set(keys)]),
});

/** Does what was ticked, all of it or nothing. */
export async function syncModels(control: Control, given: Given<typeof syncInput>): Promise<Result<SyncResult>> {
  const read = readInput(syncInput, given);
  if (!read.ok) return read;
  const { providerId, dryRun, apply } = read.value;
  const offer = await freshOffer(control, providerId);
  if (!offer.ok) return offer;
  const preview = await compare(control, offer.value);
  if (!preview.ok) return preview;
  const byKey = new Map(preview.value.entries.map((entry) => [entry.key, entry]));
  const missing = apply.flatMap((key, index) =>
    byKey.has(key) ? [] : [notFound(["apply", String(index)], "difference")],
  );
  if (missing.length > 0) return refuse(...missing);
  const entries = apply.map((key) => byKey.get(key)!);
  if (dryRun || entries.length === 0) return ok({ ...preview.value, entries, models: [] });
  const written = await control.store.writeTogether(async ({ models }) => {
    const done = new Map<string, { readonly row: ModelRow; readonly isNew: boolean }>();
    for (const [index, entry] of entries.entries()) {
      if (index % SLICE === SLICE - 1) await new Promise((resolve) => setImmediate(resolve));
      const row = await write(models, providerId, entry);
      if (row !== null) done.set(row.id, { row, isNew: done.get(row.id)?.isNew ?? entry.model === null });
    }
    return [...done.values()];
  });
  const idsOf = (isNew: boolean) => written.flatMap((each) => (each.isNew === isNew ? [each.row.id] : []));
  for (const [kind, ids] of [["created", idsOf(true)] as const, ["updated", idsOf(false)] as const]) {
    if (ids.length > 0) await applyChange(control, { noun: "model", kind, ids });
  }
  return ok({ ...preview.value, entries, models: written.map(({ row }) => row) });
}

async function freshOffer(control: Control, providerId: string): Promise<Result<ProviderOffer>> {
  const known = await control.store.offers.get(providerId);
  return known !== null && known.seenAt > control.now() - FRESH_MS ? ok(known) : fetchOffer(control, providerId);
}

async function compare(
  control: Control,
  { providerId, seenAt, models: offered }: ProviderOffer,
): Promise<Result<SyncPreview>> {
  const [providers, models] = await Promise.all([control.rows.providers(), control.rows.models()]);
  const provider = providers.get(providerId);
  if (provider === undefined) return refuse(notFound("providerId", "provider", providerId));
  const nowMs = control.now();
  return ok({ provider, seenAt, entries: diffModels({ provider, offered, models: models.values(), nowMs }) });
}

/** Null when its entry has gone in the meantime: then there is nothing to change. */
async function write(models: ConfigNouns["models"], providerId: string, entry: SyncEntry): Promise<ModelRow | null> {
  const { model, upstreamModel, offered } = entry;
  if (model === null) {
    const created = await models.create(newModel(providerId, upstreamModel, offered));
    // Somebody else has made it just now.
    return created.kind === "ok" ? created.row : null;
  }
  const current = await models.get(model.id);
  if (current === null) return null;
  const written = await models.update(model.id, patchFor(current, providerId, entry));
  return written.kind === "ok" ? written.row : null;
}

function newModel(providerId: string, upstreamModel: string, offered: SyncEntry["offered"]): ModelValues {
  return {
    name: upstreamModel,
    displayName: offered?.displayName ?? null,
    description: null,
    capabilities: offered?.capabilities ?? [],
    contextWindow: offered?.contextWindow ?? null,
    maxOutputTokens: offered?.maxOutputTokens ?? null,
    enabled: true,
    aliases: [],
    price: null,
    targets: [newTarget(providerId, upstreamModel, 0)],
  };
}

function newTarget(providerId: string, upstreamModel: string, priority: number) {
  return { providerId, upstreamModel, priority, weight: 1, enabled: true, traits: null };
}

/** A new target of an entry that is there already is its last resort; an entry that loses its last target is switched off, not lost. */
function patchFor({ targets }: ModelRow, providerId: string, entry: SyncEntry): Partial<ModelValues> {
  const { kind, upstreamModel, changes } = entry;
  switch (kind) {
    case "ADDED": {
      const last = targets.reduce((highest, { priority }) => Math.max(highest, priority), -1);
      return { targets: [...targets, newTarget(providerId, upstreamModel, last + 1)] };
    }
    case "REMOVED": {
      const left = targets.filter((each) => each.providerId !== providerId || each.upstreamModel !== upstreamModel);
      return { targets: left, ...(left.length === 0 ? { enabled: false } : {}) };
    }
    case "CHANGED":
      return Object.assign({}, ...changes.map(({ patch }) => patch));
  }
}
