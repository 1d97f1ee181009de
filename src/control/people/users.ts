import { randomBytes } from "node:crypto";
import { z } from "zod";
import { Secret } from "../../lib/secret.ts";
import { ROLES, type Role, type UserRow, type UserWritten } from "../../store/people.ts";
import { deleteConversationsOf } from "../chat/conversations.ts";
import type { Control } from "../control.ts";
import { emailField, idField, personNameField, versionField } from "../fields.ts";
import { type CountedPage, type PageArgs, paginate } from "../page.ts";
import { type Given, invalid, notFound, ok, type Result, readInput, refuse, type UserError } from "../user-errors.ts";
import { definedOnly, fromWritten } from "../writes.ts";
import { hashCredential } from "./access-directory.ts";
import { holdsAll, type Principal } from "./principal.ts";
import { ROLE_SCOPES } from "./roles.ts";

const INVITATION_MS = 3 * 86_400_000;

export function listUsers({ access }: Control, search: string | null, page: PageArgs): CountedPage<UserRow> {
  const wanted = search?.trim().toLowerCase() ?? "";
  const rows = access.directory
    .users()
    .filter((row) => row.email.includes(wanted) || row.name.toLowerCase().includes(wanted));
  return paginate(rows, page, { name: "email", descending: false, key: (row) => row.email });
}

export interface InvitedUser {
  readonly user: UserRow;
  /** Shown once: he chooses his password with it. */
  readonly inviteToken: Secret;
}

const inviteInput = z.strictObject({
  email: emailField,
  name: personNameField.nullish(),
  role: z.enum(ROLES),
});

/** Makes the person, who then chooses his own password by a one-time link. */
export async function inviteUser(
  control: Control,
  principal: Principal,
  input: Given<typeof inviteInput>,
): Promise<Result<InvitedUser>> {
  const read = readInput(inviteInput, input);
  if (!read.ok) return read;
  const { email, role } = read.value;
  const name = read.value.name ?? email.split("@")[0]!;
  const refusal = refuseRole(principal, role, "role");
  if (refusal !== null) return refuse(refusal);
  const { inviteToken, ...invitation } = newInvitation(control);
  const written = await control.store.users.create({ email, name, role, enabled: true, ...invitation });
  const created = fromWritten(written, "user");
  if (!created.ok) return created;
  await control.access.directory.refresh();
  return ok({ user: created.value, inviteToken });
}

/**
 * A new link instead of a password that an administrator knows. The old password, the authenticator app and every session end at
 * once: the person has lost them, or somebody else has them.
 */
export async function resetUserSignIn(
  control: Control,
  principal: Principal,
  id: string,
): Promise<Result<InvitedUser>> {
  const user = control.access.directory.user(id);
  if (user === null) return refuse(notFound("id", "user", id));
  const refusal = refuseRole(principal, user.role, "id");
  if (refusal !== null) return refuse(refusal);
  const { inviteToken, ...invitation } = newInvitation(control);
  const nothing = { passwordHash: null, totpSecret: null, totpPending: null, recoveryHashes: [] };
  const written = await control.store.users.update(id, { ...invitation, ...nothing });
  const reset = fromUserWritten(written);
  if (!reset.ok) return reset;
  await endSessionsOf(control, [id]);
  return ok({ user: reset.value, inviteToken });
}

const updateInput = z.strictObject({
  id: idField,
  expectedVersion: versionField,
  email: emailField.optional(),
  name: personNameField.optional(),
  role: z.enum(ROLES).optional(),
  enabled: z.boolean().optional(),
});

export async function updateUser(
  control: Control,
  principal: Principal,
  input: Given<typeof updateInput>,
): Promise<Result<UserRow>> {
  const read = readInput(updateInput, input);
  if (!read.ok) return read;
  const { id, expectedVersion, ...fields } = read.value;
  const user = control.access.directory.user(id);
  if (user === null) return refuse(notFound("id", "user", id));
  const refusal =
    refuseRole(principal, user.role, "id") ??
    (fields.role === undefined ? null : refuseRole(principal, fields.role, "role"));
  if (refusal !== null) return refuse(refusal);
  const written = await control.store.users.update(id, definedOnly(fields), expectedVersion ?? undefined);
  const updated = fromUserWritten(written);
  if (!updated.ok) return updated;
  // His tokens stay and are refused while he is disabled; his sessions do not come back.
  if (fields.enabled === false) await endSessionsOf(control, [id]);
  else await control.access.directory.refresh();
  return updated;
}

/** With their sessions, tokens and saved views. */
export async function deleteUsers(
  control: Control,
  principal: Principal,
  ids: readonly string[],
): Promise<Result<string[]>> {
  for (const id of ids) {
    const role = control.access.directory.user(id)?.role;
    const refusal = role === undefined ? null : refuseRole(principal, role, "ids");
    if (refusal !== null) return refuse(refusal);
  }
  const deleted = await control.store.users.delete(ids);
  if (deleted.kind === "last_owner") return refuse(lastOwner("ids"));
  await control.access.directory.refresh();
  await deleteConversationsOf(control, deleted.ids);
  return ok(deleted.ids);
}

/** Himself, or everybody for whoever administers people. */
export function maySeeUser(principal: Principal, row: UserRow): boolean {
  if (principal.kind === "anonymous") return false;
  return principal.userId === row.id || principal.scopes.has("USERS_ADMIN");
}

export async function endSessionsOf({ access }: Control, userIds: readonly string[], but?: string): Promise<void> {
  const sessions = access.directory.sessions();
  const ended = sessions.filter((row) => row.userId !== null && userIds.includes(row.userId) && row.id !== but);
  await access.endSessions(ended.map((row) => row.id));
}

/** Whoever could change, or become, somebody who may do more than he would lift himself up. */
function refuseRole(principal: Principal, role: Role, field: string): UserError | null {
  if (holdsAll(principal, ROLE_SCOPES[role])) return null;
  return invalid(field, "This role holds scopes that you do not hold yourself.", "FORBIDDEN");
}

function newInvitation({ vault, now }: Control) {
  const inviteToken = new Secret(`inv_${randomBytes(32).toString("base64url")}`);
  const invitationHash = hashCredential(vault, "invitation", inviteToken.reveal());
  return { inviteToken, invitationHash, invitedUntil: now() + INVITATION_MS };
}

function fromUserWritten(written: UserWritten): Result<UserRow> {
  return written.kind === "last_owner" ? refuse(lastOwner("id")) : fromWritten(written, "user");
}

function lastOwner(field: string): UserError {
  const message = "This is the last owner who can sign in: make somebody else an owner first.";
  return invalid(field, message, "CONFLICT");
}
