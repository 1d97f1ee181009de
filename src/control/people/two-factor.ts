import { randomBytes } from "node:crypto";
import type { Secret } from "../../lib/secret.ts";
import { matchTotp, newTotpSecret, totpUri } from "../../lib/totp.ts";
import type { UserRow } from "../../store/people.ts";
import { invalid, ok, type Result, refuse } from "../user-errors.ts";
import { hashCredential } from "./access-directory.ts";
import { noPerson, personOf } from "./own-account.ts";
import { countAttempt, giveBackAttempt, tooManyAttempts, type Visit } from "./sign-in.ts";

const RECOVERY_CODES = 10;

export interface TotpEnrolment {
  readonly secret: Secret;
  /** For the QR code. */
  readonly uri: string;
}

/** Shows a new secret for the authenticator app; it counts from the first code on that confirms it. */
export async function enrolTotp({ control, principal }: Visit): Promise<Result<TotpEnrolment>> {
  const user = personOf(control, principal);
  if (user === null) return refuse(noPerson());
  const secret = newTotpSecret();
  await control.store.users.update(user.id, { totpPending: secret });
  return ok({ secret, uri: totpUri(secret, "Sluice", user.email) });
}

/** Answers the recovery codes, once: each lets him in without the app a single time. */
export async function confirmTotp(visit: Visit, code: string): Promise<Result<readonly string[]>> {
  const { control, principal } = visit;
  const user = personOf(control, principal);
  if (user === null) return refuse(noPerson());
  const waitMs = countAttempt(visit, `proof ${user.id}`, code);
  if (waitMs > 0) return refuse(tooManyAttempts(waitMs, "passwords"));
  const pending = (await control.store.users.proofs(user.id))?.totpPending ?? null;
  if (pending === null) return refuse(invalid("code", "Begin with enrolTotp.", "CONFLICT"));
  const step = matchTotp(pending, code.trim(), control.now());
  if (step === null) return refuse(invalid("code", "The code is not valid: is the clock of your device right?"));
  giveBackAttempt(visit, `proof ${user.id}`);
  const codes = Array.from({ length: RECOVERY_CODES }, () => randomBytes(8).toString("hex"));
  await control.store.users.update(user.id, {
    totpSecret: pending,
    totpPending: null,
    totpLastStep: step,
    recoveryHashes: codes.map((each) => hashCredential(control.vault, "recovery", `${user.id} ${each}`)),
  });
  await control.access.directory.refresh();
  return ok(codes.map((each) => each.replace(/(.{4})(?=.)/g, "$1-")));
}

export async function disableTotp({ control, principal }: Visit): Promise<Result<UserRow>> {
  const user = personOf(control, principal);
  if (user === null) return refuse(noPerson());
  await control.store.users.update(user.id, { totpSecret: null, totpPending: null, recoveryHashes: [] });
  await control.access.directory.refresh();
  return ok(control.access.directory.user(user.id)!);
}
