import { z } from "zod";
import type { Secret } from "../../lib/secret.ts";
import { CONTENT_POLICIES } from "../../llm/names.ts";
import type { ClientKeyRow } from "../../store/types.ts";
import { toDeletion } from "../config/config-deletion.ts";
import type { Control } from "../control.ts";
import type { Deletion } from "../deletion.ts";
import { idField, memoField, nameField, tagsField, versionField } from "../fields.ts";
import { type CountedPage, type PageArgs, paginate, type RowOrder } from "../page.ts";
import { type Given, invalid, notFound, ok, type Result, readInput, refuse } from "../user-errors.ts";
import { applyChange, definedOnly, fromWritten } from "../writes.ts";
import { CLIENT_KEY_PREFIX, generateSecret } from "./client-key-secret.ts";

export interface ClientKeyFilter {
  readonly ids?: readonly string[] | null;
  readonly search?: string | null;
  readonly enabled?: boolean | null;
  readonly expired?: boolean | null;
  /** One of them. */
  readonly tags?: readonly string[] | null;
}
export const CLIENT_KEY_ORDERS = ["name", "createdAt", "lastUsedAt", "expiresAt"] as const;
export interface ClientKeyOrder {
  readonly field: (typeof CLIENT_KEY_ORDERS)[number];
  readonly direction: "asc" | "desc";
}

export async function listClientKeys(
  control: Control,
  filter: ClientKeyFilter,
  page: PageArgs,
  order: ClientKeyOrder = { field: "name", direction: "asc" },
): Promise<CountedPage<ClientKeyRow>> {
  const search = filter.search?.trim().toLowerCase();
  const tags = filter.tags && new Set(filter.tags);
  const nowMs = control.now();
  const rows = [...(await control.rows.clientKeys()).values()].filter(
    (row) =>
      (!filter.ids || filter.ids.includes(row.id)) &&
      (filter.enabled == null || row.enabled === filter.enabled) &&
      (filter.expired == null || isExpired(row, nowMs) === filter.expired) &&
      (!tags || row.tags.some((tag) => tags.has(tag))) &&
      (!search || wordsOf(row).some((text) => text.toLowerCase().includes(search))),
  );
  return paginate(rows, page, orderOf(order));
}

function wordsOf({ name, memo, secretPreview, tags }: ClientKeyRow): readonly string[] {
  return [name, memo ?? "", secretPreview, ...tags];
}

/** Calls without a key are let in by the setting; every other client by its key. */
export function isLetIn({ snapshots }: Control, { builtin }: ClientKeyRow): boolean {
  return builtin !== "anonymous" || snapshots.current.settings.allowAnonymous;
}

export function isExpired(row: ClientKeyRow, nowMs: number): boolean {
  return row.expiresAt !== null && row.expiresAt <= nowMs;
}

const expiresAtField = z.int("A time is needed.").nullable();
const allowedModels = z
  .array(z.string().trim().min(1, "A model pattern is not empty.").max(200, "A model pattern is at most 200 long."))
  .max(500, "At most 500 model patterns.")
  .transform((list) => [...new Set(list)]);

const createInput = z.strictObject({
  name: nameField,
  enabled: z.boolean().default(true),
  expiresAt: expiresAtField.default(null),
  allowedModels: allowedModels.default([]),
  requestContent: z.enum(CONTENT_POLICIES).nullable().default(null),
  strictParameters: z.boolean().default(false),
  tags: tagsField.default([]),
  memo: memoField.default(null),
});

export interface IssuedClientKey {
  readonly clientKey: ClientKeyRow;
  /** Shown once: only its HMAC is kept. */
  readonly secret: Secret;
}

export async function createClientKey(
  control: Control,
  input: Given<typeof createInput>,
): Promise<Result<IssuedClientKey>> {
  const read = readInput(createInput, input);
  if (!read.ok) return read;
  if (read.value.expiresAt !== null && read.value.expiresAt <= control.now()) {
    return refuse(invalid("expiresAt", "This time has passed already.", "OUT_OF_RANGE"));
  }
  const secret = generateSecret(CLIENT_KEY_PREFIX);
  const written = await control.store.clientKeys.create({ ...read.value, secret, builtin: null });
  const created = fromWritten(written, "client key");
  if (!created.ok) return created;
  await applyChange(control, { noun: "clientKey", kind: "created", ids: [created.value.id] });
  return ok({ clientKey: created.value, secret });
}

const updateInput = z.strictObject({
  id: idField,
  expectedVersion: versionField,
  name: nameField.optional(),
  enabled: z.boolean().optional(),
  expiresAt: expiresAtField.optional(),
  allowedModels: allowedModels.optional(),
  requestContent: z.enum(CONTENT_POLICIES).nullable().optional(),
  strictParameters: z.boolean().optional(),
  tags: tagsField.optional(),
  memo: memoField.optional(),
});

export async function updateClientKey(
  control: Control,
  input: Given<typeof updateInput>,
): Promise<Result<ClientKeyRow>> {
  const read = readInput(updateInput, input);
  if (!read.ok) return read;
  const { id, expectedVersion, ...fields } = read.value;
  const written = await control.store.clientKeys.update(id, definedOnly(fields), expectedVersion ?? undefined);
  const updated = fromWritten(written, "client key");
  if (updated.ok) await applyChange(control, { noun: "clientKey", kind: "updated", ids: [id] });
  return updated;
}

/** Replaces the secret at once; the old one stops working with the next request. */
export async function rotateClientKey(
  control: Control,
  id: string,
  expectedVersion: number | null,
): Promise<Result<IssuedClientKey>> {
  const current = await control.store.clientKeys.get(id);
  if (current === null) return refuse(notFound("id", "client key", id));
  if (current.builtin === "anonymous") return refuse(invalid("id", "The anonymous client has no secret.", "CONFLICT"));
  const secret = generateSecret(CLIENT_KEY_PREFIX);
  const written = await control.store.clientKeys.update(id, { secret }, expectedVersion ?? undefined);
  const rotated = fromWritten(written, "client key");
  if (!rotated.ok) return rotated;
  await applyChange(control, { noun: "clientKey", kind: "updated", ids: [id] });
  return ok({ clientKey: rotated.value, secret });
}

/** It is refused at once; what it had (files, responses) is kept for as long as it may come back. */
export async function deleteClientKeys(control: Control, ids: readonly string[]): Promise<Result<Deletion>> {
  const rows = await control.rows.clientKeys();
  const anonymous = ids.map((id) => rows.get(id)).find((row) => row?.builtin === "anonymous");
  if (anonymous !== undefined) {
    return refuse(invalid("ids", "The built-in anonymous client stays; disable it instead.", "CONFLICT"));
  }
  const deleted = await control.store.clientKeys.delete(ids);
  if (deleted.length > 0) await applyChange(control, { noun: "clientKey", kind: "deleted", ids: deleted });
  return ok(await toDeletion(control, "clientKey", deleted));
}

function orderOf({ field, direction }: ClientKeyOrder): RowOrder<ClientKeyRow> {
  const key = (row: ClientKeyRow): string | number => {
    switch (field) {
      case "name":
        return row.name.toLowerCase();
      case "createdAt":
        return row.createdAt;
      case "lastUsedAt":
        return row.lastUsedAt ?? 0;
      case "expiresAt":
        return row.expiresAt ?? Number.MAX_SAFE_INTEGER;
    }
  };
  return { name: `${field}.${direction}`, descending: direction === "desc", key };
}
