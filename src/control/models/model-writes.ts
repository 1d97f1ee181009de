import { z } from "zod";
import { MODEL_CAPABILITIES } from "../../llm/model-capabilities.ts";
import type { ModelRow } from "../../store/types.ts";
import { type TraitOverrides, traitOverridesSchema } from "../../trait-overrides.ts";
import { toDeletion } from "../config/config-deletion.ts";
import type { Control } from "../control.ts";
import type { Deletion } from "../deletion.ts";
import { idField, memoField, priorityField, versionField, weightField } from "../fields.ts";
import { parsePrice } from "../usage/money.ts";
import { type Given, notFound, ok, type Result, readInput, refuse } from "../user-errors.ts";
import { applyChange, definedOnly, fromWritten } from "../writes.ts";
import { stampPrice } from "./model-price.ts";

// Vendors use slashes, colons and dots ("meta-llama/Llama-3", "ft:gpt-4o:x"); `*` is a wildcard wherever models are named.
const modelName = z
  .string()
  .trim()
  .min(1, "A name is needed.")
  .max(200, "A name has at most 200 characters.")
  .regex(/^[^\s*\p{C}]+$/u, "A model's name holds no spaces, no `*` and no control characters.");

const displayName = z
  .string()
  .trim()
  .min(1, "A name is needed; use null for none.")
  .max(200, "A name has at most 200 characters.")
  .regex(/^[^\p{C}]+$/u, "A name holds no control characters.")
  .nullable();

const priceField = z
  .string()
  .refine((text) => parsePrice(text) !== null, "A price is a decimal of 0 or more, USD per million tokens.")
  .transform((text) => parsePrice(text)!);

const priceInput = z.strictObject({
  input: priceField,
  output: priceField,
  cacheRead: priceField.nullable().default(null),
  cacheWrite: priceField.nullable().default(null),
  reasoning: priceField.nullable().default(null),
  perRequest: priceField.nullable().default(null),
});

/** What is null or absent stays as the table of models says; nothing at all is no override. */
const traitsField = z
  .record(z.string(), z.unknown())
  .transform((given) =>
    definedOnly(Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value ?? undefined]))),
  )
  .pipe(traitOverridesSchema)
  .transform((traits): TraitOverrides | null => (Object.keys(traits).length === 0 ? null : traits))
  .nullable();

const targetInput = z.strictObject({
  providerId: idField,
  upstreamModel: modelName,
  priority: priorityField.default(0),
  weight: weightField.default(1),
  enabled: z.boolean().default(true),
  traits: traitsField.default(null),
});

const capabilities = z.array(z.enum(MODEL_CAPABILITIES)).transform((list) => [...new Set(list)]);
const aliases = z
  .array(modelName)
  .max(50, "At most 50 aliases.")
  .transform((list) => [...new Set(list)]);
const targets = z.array(targetInput).max(50, "At most 50 targets.");
const tokenCount = z.int().min(1, "At least 1.").max(1_000_000_000, "This is too large.").nullable();

const createInput = z.strictObject({
  name: modelName,
  displayName: displayName.default(null),
  description: memoField.default(null),
  capabilities: capabilities.default([]),
  contextWindow: tokenCount.default(null),
  maxOutputTokens: tokenCount.default(null),
  enabled: z.boolean().default(true),
  aliases: aliases.default([]),
  price: priceInput.nullable().default(null),
  targets: targets.default([]),
});

export async function createModel(control: Control, input: Given<typeof createInput>): Promise<Result<ModelRow>> {
  const read = readInput(createInput, input);
  if (!read.ok) return read;
  const known = await checkTargets(control, read.value.targets);
  if (!known.ok) return known;
  const price = stampPrice(read.value.price, null, control.now());
  const created = fromWritten(await control.store.models.create({ ...read.value, price }), "model");
  if (created.ok) await applyChange(control, { noun: "model", kind: "created", ids: [created.value.id] });
  return created;
}

const updateInput = z.strictObject({
  id: idField,
  expectedVersion: versionField,
  name: modelName.optional(),
  displayName: displayName.optional(),
  description: memoField.optional(),
  capabilities: capabilities.optional(),
  contextWindow: tokenCount.optional(),
  maxOutputTokens: tokenCount.optional(),
  enabled: z.boolean().optional(),
  aliases: aliases.optional(),
  price: priceInput.nullable().optional(),
  targets: targets.optional(),
});

export async function updateModel(control: Control, input: Given<typeof updateInput>): Promise<Result<ModelRow>> {
  const read = readInput(updateInput, input);
  if (!read.ok) return read;
  const { id, expectedVersion, ...fields } = read.value;
  const known = await checkTargets(control, fields.targets ?? []);
  if (!known.ok) return known;
  const before = (await control.rows.models()).get(id)?.price ?? null;
  const price = fields.price === undefined ? {} : { price: stampPrice(fields.price, before, control.now()) };
  const patch = { ...definedOnly(fields), ...price };
  const written = await control.store.models.update(id, patch, expectedVersion ?? undefined);
  const updated = fromWritten(written, "model");
  if (updated.ok) await applyChange(control, { noun: "model", kind: "updated", ids: [id] });
  return updated;
}

export async function deleteModels(control: Control, ids: readonly string[]): Promise<Result<Deletion>> {
  const deleted = await control.store.models.delete(ids);
  if (deleted.length > 0) await applyChange(control, { noun: "model", kind: "deleted", ids: deleted });
  return ok(await toDeletion(control, "model", deleted));
}

async function checkTargets(control: Control, targets: readonly { providerId: string }[]): Promise<Result<null>> {
  const providers = await control.rows.providers();
  const missing = targets.flatMap(({ providerId }, index) =>
    providers.has(providerId) ? [] : [notFound(["targets", String(index), "providerId"], "provider", providerId)],
  );
  return missing.length > 0 ? refuse(...missing) : ok(null);
}
