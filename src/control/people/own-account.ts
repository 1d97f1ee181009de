import { z } from "zod";
import type { UserRow } from "../../store/people.ts";
import type { Control } from "../control.ts";
import { personNameField } from "../fields.ts";
import { type Given, invalid, ok, type Result, readInput, refuse } from "../user-errors.ts";
import { hashCredential } from "./access-directory.ts";
import { fitsPassword, hashPassword, passwordField } from "./passwords.ts";
import { FRESH_FOR_MS, type Principal, personId } from "./principal.ts";
import {
  cookiesOf,
  countAttempt,
  enter,
  giveBackAttempt,
  inTime,
  takeCode,
  tooManyAttempts,
  type Visit,
} from "./sign-in.ts";
import { endSessionsOf } from "./users.ts";

const invitationInput = z.strictObject({
  inviteToken: z.string().max(200),
  password: passwordField,
  name: personNameField.nullish(),
});

/** By the one-time link: he chooses his password, and is signed in. */
export async function acceptInvitation(visit: Visit, input: Given<typeof invitationInput>): Promise<Result<true>> {
  const { control } = visit;
  cookiesOf(visit);
  const inviteToken = input.inviteToken ?? "";
  const hash = hashCredential(control.vault, "invitation", inviteToken);
  // By address only, or strangers could shut everybody's invitations.
  const account = `invitation ${hash}`;
  const waitMs = countAttempt(visit, account, inviteToken);
  if (waitMs > 0) return refuse(tooManyAttempts(waitMs, "tokens"));
  const user = await findInvited(control, hash);
  if (user === null) {
    return refuse(invalid("inviteToken", "The link is not valid: it has been used, has expired, or was replaced."));
  }
  giveBackAttempt(visit, account);
  visit.named.push(user.id);
  const read = readInput(invitationInput, input);
  if (!read.ok) return read;
  const passwordHash = await inTime(hashPassword(read.value.password));
  if (passwordHash === null) return refuse(tooManyAttempts(1000, "passwords"));
  const name = read.value.name ?? user.name;
  const taken = await control.store.users.acceptInvitation(hash, control.now(), { passwordHash, name });
  if (!taken) return refuse(invalid("inviteToken", "The link has been used already.", "CONFLICT"));
  await control.access.directory.refresh();
  return enter(visit, { userId: user.id });
}

async function findInvited(control: Control, hash: string): Promise<UserRow | null> {
  const id = await control.store.users.findInvited(hash, control.now());
  const user = id === null ? null : control.access.directory.user(id);
  return user?.enabled ? user : null;
}

const passwordInput = z.strictObject({ oldPassword: z.string().max(1000), newPassword: passwordField });

/** Ends his other sessions: whoever knew the old password may hold one. */
export async function changePassword(visit: Visit, input: Given<typeof passwordInput>): Promise<Result<UserRow>> {
  const { control } = visit;
  const user = personOf(control, visit.principal);
  if (user === null) return refuse(noPerson());
  const read = readInput(passwordInput, input);
  if (!read.ok) return read;
  const checked = await proveByPassword(visit, user, read.value.oldPassword, "oldPassword");
  if (!checked.ok) return checked;
  const passwordHash = await inTime(hashPassword(read.value.newPassword));
  if (passwordHash === null) return refuse(tooManyAttempts(1000, "passwords"));
  await control.store.users.update(user.id, { passwordHash });
  await endSessionsOf(control, [user.id], visit.principal.kind === "session" ? visit.principal.session.id : undefined);
  return ok(control.access.directory.user(user.id)!);
}

export interface Proof {
  readonly password?: string | null;
  readonly totp?: string | null;
  readonly token?: string | null;
}

/** For what needs a fresh proof: the session counts as fresh for ten minutes from now. */
export async function reauthenticate(visit: Visit, proof: Proof): Promise<Result<true>> {
  const { principal, control } = visit;
  if (principal.kind !== "session") {
    return refuse(invalid("token", "A bearer token proves itself with every call.", "CONFLICT"));
  }
  const proved = await prove(visit, proof);
  if (!proved.ok) return proved;
  visit.principal = await control.access.refreshProof(principal.session);
  return ok(true);
}

/** Until when a session's last proof is fresh; null when it is not. */
export function freshUntil(principal: Principal, nowMs: number): number | null {
  if (principal.kind === "token") return nowMs + FRESH_FOR_MS;
  return principal.kind === "session" && principal.session.freshUntil > nowMs ? principal.session.freshUntil : null;
}

async function prove(visit: Visit, { password, totp, token }: Proof): Promise<Result<true>> {
  const { principal, control, address } = visit;
  const user = personOf(control, principal);
  if (user === null) {
    if (!token) return refuse(invalid("token", "The admin token that you signed in with is needed.", "REQUIRED"));
    const { principal: holder, waitMs } = control.access.byToken(token, address);
    if (waitMs > 0) return refuse(tooManyAttempts(waitMs, "tokens"));
    const isSame = holder.kind === "token" && principal.kind === "session" && holder.tokenId === principal.tokenId;
    return isSame ? ok(true) : refuse(invalid("token", "This is not the token that you signed in with."));
  }
  if (password) return proveByPassword(visit, user, password, "password");
  if (!totp)
    return refuse(invalid("password", "A password, or a code of your authenticator app, is needed.", "REQUIRED"));
  const waitMs = countAttempt(visit, `proof ${user.id}`, totp);
  if (waitMs > 0) return refuse(tooManyAttempts(waitMs, "passwords"));
  if (!(await takeCode(control, user, totp))) {
    return refuse(invalid("totp", "The code is not valid, or has been used."));
  }
  giveBackAttempt(visit, `proof ${user.id}`);
  return ok(true);
}

async function proveByPassword(visit: Visit, user: UserRow, password: string, field: string): Promise<Result<true>> {
  const account = `proof ${user.id}`;
  const waitMs = countAttempt(visit, account, password);
  if (waitMs > 0) return refuse(tooManyAttempts(waitMs, "passwords"));
  const proofs = await visit.control.store.users.proofs(user.id);
  const fits = await inTime(fitsPassword(password, proofs?.passwordHash ?? null));
  if (fits === null) return refuse(tooManyAttempts(1000, "passwords"));
  if (!fits) return refuse(invalid(field, "This is not your password."));
  giveBackAttempt(visit, account);
  return ok(true);
}

/** In whose name it is asked: his own, or that of whoever made the token. */
export function ownUser({ access }: Control, principal: Principal): UserRow | null {
  const userId = principal.kind === "anonymous" ? null : principal.userId;
  return userId === null ? null : access.directory.user(userId);
}

/** Who has signed in himself, not by a token. */
export function personOf({ access }: Control, principal: Principal): UserRow | null {
  return access.directory.user(personId(principal) ?? "");
}

export function noPerson() {
  return invalid([], "This is for people who have signed in: a token cannot do it in their name.", "CONFLICT");
}
