import { z } from "zod";
import type { Secret } from "../../lib/secret.ts";
import type { AdminTokenRow } from "../../store/people.ts";
import { deleteConversationsOf } from "../chat/conversations.ts";
import { ADMIN_TOKEN_PREFIX, generateSecret } from "../clients/client-key-secret.ts";
import type { Control } from "../control.ts";
import { nameField } from "../fields.ts";
import { type Given, invalid, notFound, ok, type Result, readInput, refuse } from "../user-errors.ts";
import { hashCredential } from "./access-directory.ts";
import { holdsAll, type Principal, personId, SCOPES, type Scope } from "./principal.ts";

export interface IssuedAdminToken {
  readonly row: AdminTokenRow;
  /** Shown once: only its HMAC is kept. */
  readonly secret: Secret;
}

/** His own, to a token itself only; of everybody for whoever administers people. */
export function listAdminTokens({ access }: Control, principal: Principal): readonly AdminTokenRow[] {
  return access.directory.tokens().filter((row) => maySeeToken(principal, row));
}

const createInput = z.strictObject({
  name: nameField,
  scopes: z.array(z.enum(SCOPES)).min(1, "At least one scope."),
  expiresAt: z.int().nullish(),
});

export async function createAdminToken(
  control: Control,
  principal: Principal,
  input: Given<typeof createInput>,
): Promise<Result<IssuedAdminToken>> {
  const read = readInput(createInput, input);
  if (!read.ok) return read;
  const { name, expiresAt = null } = read.value;
  const scopes = [...new Set(read.value.scopes)];
  if (!holdsAll(principal, scopes)) {
    return refuse(invalid("scopes", "Nobody can give away a scope that he does not hold himself.", "FORBIDDEN"));
  }
  if (expiresAt !== null && expiresAt <= control.now()) {
    return refuse(invalid("expiresAt", "This time has passed already.", "OUT_OF_RANGE"));
  }
  const latest = ownExpiry(control, principal);
  if (latest !== null && (expiresAt === null || expiresAt > latest)) {
    const message = "A token made with a token that expires cannot outlive it.";
    return refuse(invalid("expiresAt", message, "OUT_OF_RANGE"));
  }
  const createdBy = principal.kind === "anonymous" ? null : principal.userId;
  const issued = await storeAdminToken(control, { name, scopes, createdBy, expiresAt });
  await control.access.directory.refresh();
  return ok(issued);
}

export async function storeAdminToken(
  { store, vault }: Pick<Control, "store" | "vault">,
  values: { name: string; scopes: readonly Scope[]; createdBy: string | null; expiresAt: number | null },
): Promise<IssuedAdminToken> {
  const secret = generateSecret(ADMIN_TOKEN_PREFIX);
  const hash = hashCredential(vault, "admin-token", secret.reveal());
  const row = await store.adminTokens.create({ ...values, hash, secretPreview: secret.preview() });
  return { row, secret };
}

/** Ends at once, with the sessions made from them. */
export async function revokeAdminTokens(
  control: Control,
  principal: Principal,
  ids: readonly string[],
): Promise<Result<string[]>> {
  const own = ids.map((id) => control.access.directory.token(id)).filter((row) => row && maySeeToken(principal, row));
  if (own.length < ids.length) return refuse(notFound("ids", "admin token"));
  const revoked = await control.store.adminTokens.delete(ids);
  await control.access.directory.refresh();
  await deleteConversationsOf(control, revoked);
  return ok(revoked);
}

export function maySeeToken(principal: Principal, row: AdminTokenRow): boolean {
  if (principal.kind === "anonymous") return false;
  if (principal.scopes.has("USERS_ADMIN") || principal.tokenId === row.id) return true;
  return row.createdBy !== null && row.createdBy === personId(principal);
}

function ownExpiry({ access }: Control, principal: Principal): number | null {
  const tokenId = principal.kind === "anonymous" ? null : principal.tokenId;
  return tokenId === null ? null : (access.directory.token(tokenId)?.expiresAt ?? null);
}
