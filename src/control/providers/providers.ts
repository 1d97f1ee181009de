import { z } from "zod";
import { PROVIDER_KINDS, QUIRKS, STRATEGIES } from "../../llm/names.ts";
import { canHaveQuirks } from "../../policy/quirks.ts";
import { dialects } from "../../providers/index.ts";
import type { ProviderRow } from "../../store/types.ts";
import { toDeletion } from "../config/config-deletion.ts";
import type { Control } from "../control.ts";
import type { Deletion } from "../deletion.ts";
import { idField, memoField, nameField, versionField } from "../fields.ts";
import { type CountedPage, type PageArgs, paginate } from "../page.ts";
import type { Principal } from "../people/principal.ts";
import { type Given, invalid, notFound, ok, type Result, readInput, refuse, type UserError } from "../user-errors.ts";
import { applyChange, applyChanges, definedOnly, duplicate, fromWritten, stale } from "../writes.ts";

export interface ProviderFilter {
  readonly search?: string | null;
  readonly kinds?: readonly string[] | null;
  readonly enabled?: boolean | null;
}

const BY_NAME = { name: "name", descending: false, key: (row: ProviderRow) => row.name.toLowerCase() };

export async function listProviders(
  control: Control,
  filter: ProviderFilter,
  page: PageArgs,
): Promise<CountedPage<ProviderRow>> {
  const search = filter.search?.trim().toLowerCase();
  const rows = [...(await control.rows.providers()).values()].filter(
    (row) =>
      (filter.enabled == null || row.enabled === filter.enabled) &&
      (!filter.kinds || filter.kinds.includes(row.kind)) &&
      (!search || [row.name, row.baseUrl, row.memo ?? ""].some((text) => text.toLowerCase().includes(search))),
  );
  return paginate(rows, page, BY_NAME);
}

const apiVersionField = z
  .string()
  .regex(/^[\w.-]{1,40}$/, 'An API version looks like "2024-10-21" or "preview".')
  .nullable();
const botIdField = z
  .string()
  .regex(/^\w{1,64}$/, "A bot id holds letters and digits.")
  .nullable();
const quirksField = z.array(z.enum(QUIRKS)).transform((list) => QUIRKS.filter((quirk) => list.includes(quirk)));
const baseUrlField = z.string().trim().max(500, "A base URL has at most 500 characters.");

const createInput = z.strictObject({
  name: nameField,
  kind: z.enum(PROVIDER_KINDS),
  baseUrl: baseUrlField.nullish(),
  apiVersion: apiVersionField.default(null),
  botId: botIdField.default(null),
  strategy: z.enum(STRATEGIES).default("round_robin"),
  enabled: z.boolean().default(true),
  memo: memoField.default(null),
  quirks: quirksField.default([]),
  ignoredQuirks: quirksField.default([]),
});

export async function createProvider(control: Control, input: Given<typeof createInput>): Promise<Result<ProviderRow>> {
  const read = readInput(createInput, input);
  if (!read.ok) return read;
  const baseUrl = readBaseUrl(control, read.value.baseUrl ?? dialects[read.value.kind].defaultBaseUrl);
  if (!baseUrl.ok) return baseUrl;
  const values = { ...read.value, baseUrl: baseUrl.value };
  const misfits = findMisfits(values);
  if (misfits.length > 0) return refuse(...misfits);
  const created = fromWritten(await control.store.providers.create(values), "provider");
  if (created.ok) await applyChange(control, { noun: "provider", kind: "created", ids: [created.value.id] });
  return created;
}

export const STORED_KEYS = ["KEEP", "DELETE"] as const;
const updateInput = z.strictObject({
  id: idField,
  expectedVersion: versionField,
  name: nameField.optional(),
  baseUrl: baseUrlField.optional(),
  apiVersion: apiVersionField.optional(),
  botId: botIdField.optional(),
  strategy: z.enum(STRATEGIES).optional(),
  enabled: z.boolean().optional(),
  memo: memoField.optional(),
  quirks: quirksField.optional(),
  ignoredQuirks: quirksField.optional(),
  storedKeys: z.enum(STORED_KEYS).nullish(),
});

export async function updateProvider(
  control: Control,
  actor: Principal,
  input: Given<typeof updateInput>,
): Promise<Result<ProviderRow>> {
  const read = readInput(updateInput, input);
  if (!read.ok) return read;
  const { id, expectedVersion, storedKeys, ...fields } = read.value;
  const current = await control.store.providers.get(id);
  if (current === null) return refuse(notFound("id", "provider", id));
  if (expectedVersion != null && expectedVersion !== current.version) {
    return refuse(stale("provider", current));
  }
  const patch = definedOnly(fields);
  if (patch.baseUrl !== undefined) {
    const baseUrl = readBaseUrl(control, patch.baseUrl);
    if (!baseUrl.ok) return baseUrl;
    patch.baseUrl = baseUrl.value;
  }
  const misfits = findMisfits({ ...current, ...patch });
  if (misfits.length > 0) return refuse(...misfits);

  const next = { ...current, ...patch };
  const keyIds = movesElsewhere(current.baseUrl, next.baseUrl) ? await keysOf(control, id) : [];
  const refusal = keyIds.length > 0 ? refuseMove(actor, storedKeys ?? null, keyIds.length) : null;
  if (refusal !== null) return refuse(refusal);
  const twin = await findByName(control, next.name);
  if (twin !== undefined && twin.id !== id) return refuse(duplicate("provider", "name", twin));
  // Keys first: if Sluice dies in between, a key is missing, but none has been sent to the new address.
  const deleted = keyIds.length > 0 && storedKeys === "DELETE" ? await control.store.providerKeys.delete(keyIds) : [];
  const written = await control.store.providers.update(id, patch, expectedVersion ?? undefined);
  if (deleted.length > 0) await applyChange(control, { noun: "providerKey", kind: "deleted", ids: deleted });
  const updated = fromWritten(written, "provider");
  if (updated.ok) await applyChange(control, { noun: "provider", kind: "updated", ids: [id] });
  return updated;
}

/** With their keys. A provider that a model still points at stays: its deletion would silently shorten that model's chain. */
export async function deleteProviders(control: Control, ids: readonly string[]): Promise<Result<Deletion>> {
  const models = [...(await control.rows.models()).values()].filter((model) =>
    model.targets.some((target) => ids.includes(target.providerId)),
  );
  if (models.length > 0) {
    const names = models.slice(0, 5).map((model) => model.name);
    const more = models.length > names.length ? ` and ${models.length - names.length} more` : "";
    const message = `Models still have targets there: ${names.join(", ")}${more}. Remove those targets first.`;
    return refuse({ kind: "conflict", code: "CONFLICT", message, field: ["ids"], blockers: models.slice(0, 50) });
  }
  const orphaned: string[] = [];
  for (const id of new Set(ids)) orphaned.push(...(await keysOf(control, id)));
  // The keys go with it, in one transaction: what is taken back is all of it.
  const deleted = await control.store.providers.delete(ids);
  if (deleted.length > 0) {
    const keys = orphaned.length > 0 ? [{ noun: "providerKey", kind: "deleted", ids: orphaned } as const] : [];
    await applyChanges(control, [...keys, { noun: "provider", kind: "deleted", ids: deleted }]);
  }
  return ok(await toDeletion(control, "provider", deleted));
}

function readBaseUrl(control: Control, given: string | null): Result<string> {
  if (given === null || given === "") {
    return refuse(invalid("baseUrl", "This kind of provider needs a base URL.", "REQUIRED"));
  }
  const baseUrl = given.replace(/\/+$/, "");
  const reason = control.checkAddress(baseUrl);
  if (reason !== null) return refuse(invalid("baseUrl", `Base URL: ${reason}.`));
  const parsed = new URL(baseUrl);
  if (parsed.search !== "" || parsed.hash !== "") {
    return refuse(invalid("baseUrl", "A base URL ends with its path: no query and no #."));
  }
  return ok(baseUrl);
}

type Fitting = Pick<ProviderRow, "kind" | "apiVersion" | "botId" | "quirks" | "ignoredQuirks">;

function findMisfits(values: Fitting): UserError[] {
  const errors: UserError[] = [];
  if (values.apiVersion !== null && values.kind !== "azure-openai") {
    errors.push(invalid("apiVersion", "Only Azure OpenAI has an API version."));
  }
  if (values.botId !== null && values.kind !== "coze") errors.push(invalid("botId", "Only Coze has a bot id."));
  if (values.botId === null && values.kind === "coze") {
    errors.push(invalid("botId", "Coze needs the id of the bot that answers.", "REQUIRED"));
  }
  for (const field of ["quirks", "ignoredQuirks"] as const) {
    if (values[field].length > 0 && !canHaveQuirks(values.kind)) {
      errors.push(invalid(field, "Only upstreams that speak OpenAI's chat API have quirks."));
    }
  }
  if (values.quirks.some((quirk) => values.ignoredQuirks.includes(quirk))) {
    errors.push(invalid("ignoredQuirks", "A quirk is either set or ignored, not both."));
  }
  return errors;
}

/** Another path on the same server is no new reader of the keys; another scheme, host or port is. */
function movesElsewhere(from: string, to: string): boolean {
  return URL.parse(from)?.origin !== URL.parse(to)?.origin;
}

function refuseMove(actor: Principal, choice: (typeof STORED_KEYS)[number] | null, keys: number): UserError | null {
  if (choice === "DELETE") return null;
  if (choice === "KEEP") {
    if (actor.scopes.has("KEYS_REVEAL")) return null;
    const message = "Sending stored keys to another address reveals them: that needs KEYS_REVEAL.";
    return invalid("storedKeys", message, "FORBIDDEN");
  }
  const stored = keys === 1 ? "The stored key" : `The ${keys} stored keys`;
  const message = `${stored} would be sent to the new address. Keep them only if you trust it, or delete them.`;
  const flag = "storedKeys";
  return { kind: "confirm", code: "CONFIRMATION_REQUIRED", message, field: ["baseUrl"], flag, choices: STORED_KEYS };
}

async function keysOf(control: Control, providerId: string): Promise<string[]> {
  const keys = [...(await control.rows.providerKeys()).values()];
  return keys.filter((key) => key.providerId === providerId).map((key) => key.id);
}

async function findByName(control: Control, name: string): Promise<ProviderRow | undefined> {
  return [...(await control.rows.providers()).values()].find((row) => row.name === name);
}
