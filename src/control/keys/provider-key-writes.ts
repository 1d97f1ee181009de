import { z } from "zod";
import { Secret } from "../../lib/secret.ts";
import type { ProviderKeyRow } from "../../store/types.ts";
import type { Control } from "../control.ts";
import {
  idField,
  limitsField,
  memoField,
  nameField,
  priorityField,
  secretField,
  tagsField,
  userAgentField,
  versionField,
  weightField,
} from "../fields.ts";
import { refuseProxyUrl } from "../providers/proxy-url.ts";
import { type Given, invalid, notFound, ok, type Result, readInput, refuse, type UserError } from "../user-errors.ts";
import { applyChange, definedOnly, duplicate, fromWritten } from "../writes.ts";
import { type ProviderKeyView, viewKey } from "./key-status.ts";
import { findProviderKeys } from "./matching-keys.ts";

const proxyUrlField = z.string().trim().min(1, "Use null for no proxy.").max(500, "A proxy URL is at most 500 long.");

const createInput = z.strictObject({
  providerId: idField,
  secret: secretField,
  name: nameField.nullish(),
  enabled: z.boolean().default(true),
  priority: priorityField.default(0),
  weight: weightField.default(1),
  tags: tagsField.default([]),
  memo: memoField.default(null),
  userAgent: userAgentField.default(null),
  proxyUrl: proxyUrlField.nullish(),
  limits: limitsField.nullish(),
});

export async function createProviderKey(
  control: Control,
  input: Given<typeof createInput>,
): Promise<Result<ProviderKeyView>> {
  const read = readInput(createInput, input);
  if (!read.ok) return read;
  const { secret: text, name, proxyUrl, limits, ...fields } = read.value;
  if ((await control.store.providers.get(fields.providerId)) === null) {
    return refuse(notFound("providerId", "provider", fields.providerId));
  }
  const refusal = refuseProxy(control, proxyUrl ?? null);
  if (refusal !== null) return refuse(refusal);
  const secret = new Secret(text);
  const twin = await findTwin(control, fields.providerId, secret);
  if (twin !== undefined) return refuse(duplicate("key of this provider", "secret", twin));
  const written = await control.store.providerKeys.create({
    ...fields,
    ...toColumns(limits),
    // Unnamed keys get one that is stable and tells nothing: pasting the same key twice finds the same name.
    name: name ?? `key-${control.vault.fingerprint(secret).slice(0, 8)}`,
    secret,
    proxyUrl: proxyUrl == null ? null : new Secret(proxyUrl),
  });
  return finish(control, fromWritten(written, "provider key"), "created");
}

const updateInput = z.strictObject({
  id: idField,
  expectedVersion: versionField,
  secret: secretField.optional(),
  name: nameField.optional(),
  enabled: z.boolean().optional(),
  priority: priorityField.optional(),
  weight: weightField.optional(),
  tags: tagsField.optional(),
  memo: memoField.optional(),
  userAgent: userAgentField.optional(),
  proxyUrl: proxyUrlField.nullable().optional(),
  limits: limitsField.nullable().optional(),
});

export async function updateProviderKey(
  control: Control,
  input: Given<typeof updateInput>,
): Promise<Result<ProviderKeyView>> {
  const read = readInput(updateInput, input);
  if (!read.ok) return read;
  const { id, expectedVersion, secret, proxyUrl, limits, ...fields } = read.value;
  const refusal = refuseProxy(control, proxyUrl ?? null);
  if (refusal !== null) return refuse(refusal);
  const patch = definedOnly({
    ...fields,
    ...(limits === undefined ? {} : toColumns(limits)),
    secret: secret === undefined ? undefined : new Secret(secret),
    proxyUrl: proxyUrl == null ? proxyUrl : new Secret(proxyUrl),
  });
  const written = await control.store.providerKeys.update(id, patch, expectedVersion ?? undefined);
  // What was observed belongs to the old secret.
  if (secret !== undefined && written.kind === "ok") control.pool.reset(id, control.now());
  return finish(control, fromWritten(written, "provider key"), "updated");
}

/** Limits are set together: what is not named is unlimited. */
function toColumns(limits: z.output<typeof limitsField> | null | undefined) {
  const { rpm = null, tpm = null, rpd = null, concurrency = null } = limits ?? {};
  return { rpm, tpm, rpd, concurrency };
}

/** Looked for before the name: an unnamed key that is there already has the same name too. */
async function findTwin(control: Control, providerId: string, secret: Secret): Promise<ProviderKeyRow | undefined> {
  const fingerprint = control.vault.fingerprint(secret);
  const keys = await findProviderKeys(control, { providers: [providerId] });
  return keys.find((key) => key.fingerprint === fingerprint);
}

async function finish(
  control: Control,
  written: Result<ProviderKeyRow>,
  kind: "created" | "updated",
): Promise<Result<ProviderKeyView>> {
  if (!written.ok) return written;
  await applyChange(control, { noun: "providerKey", kind, ids: [written.value.id] });
  return ok(viewKey(control, written.value, control.now()));
}

function refuseProxy(control: Control, proxyUrl: string | null): UserError | null {
  const reason = proxyUrl === null ? null : refuseProxyUrl(control, proxyUrl);
  return reason === null ? null : invalid("proxyUrl", reason);
}
