import { matchTotp } from "../../lib/totp.ts";
import type { UserRow } from "../../store/people.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import { invalid, ok, type Result, refuse, type UserError } from "../user-errors.ts";
import { hashCredential } from "./access-directory.ts";
import type { SessionHolder } from "./admin-access.ts";
import { fitsPassword, PasswordsBusy } from "./passwords.ts";
import type { Principal } from "./principal.ts";
import { networkOf } from "./sign-in-throttle.ts";

/** The call that signs in or out: who it comes from, and the cookie it leaves behind. */
export interface Visit {
  readonly control: Control;
  principal: Principal;
  readonly address: string;
  readonly userAgent: string;
  /** Nodes it is about though its input does not name them: the account of a refused sign-in. For the audit log. */
  readonly named: string[];
  /** Null where no cookie can be set (WebSocket). */
  readonly cookies: { setSession(value: string | null): void } | null;
}

export interface Credentials {
  readonly email?: string | null;
  readonly password?: string | null;
  /** Of the authenticator app, or a recovery code. */
  readonly totp?: string | null;
  /** An admin token instead. */
  readonly token?: string | null;
}

/** Exchanges a password, or an admin token, for a session cookie. */
export async function signIn(visit: Visit, credentials: Credentials): Promise<Result<true>> {
  const { email, password, token } = credentials;
  cookiesOf(visit);
  if (token != null && token !== "") return signInByToken(visit, token);
  if (!email || !password) {
    return refuse(invalid(email ? "password" : "email", "E-mail address and password are needed.", "REQUIRED"));
  }
  return signInByPassword(visit, email.trim().toLowerCase(), password, credentials.totp?.trim() ?? "");
}

async function signInByToken(visit: Visit, token: string): Promise<Result<true>> {
  const { access } = visit.control;
  const { principal, waitMs } = access.byToken(token, visit.address);
  if (waitMs > 0) return refuse(tooManyAttempts(waitMs, "tokens"));
  if (principal.kind !== "token") return refuse(invalid("token", "This is not an admin token."));
  access.throttle.succeeded(visit.address);
  const { tokenId, credential } = principal;
  return enter(visit, tokenId === null ? { credential: credential ?? "" } : { tokenId });
}

async function signInByPassword(visit: Visit, email: string, password: string, code: string): Promise<Result<true>> {
  const { access } = visit.control;
  const user = access.directory.userByEmail(email);
  if (user !== null) visit.named.push(user.id);
  const waitMs = countAttempt(visit, user?.id ?? `unknown ${email.slice(0, 100)}`, `${password} ${code}`);
  if (waitMs > 0) return refuse(tooManyAttempts(waitMs, "passwords"));
  const proofs = user === null ? null : await visit.control.store.users.proofs(user.id);
  const fits = await inTime(fitsPassword(password, user?.enabled ? (proofs?.passwordHash ?? null) : null));
  if (fits === null) return refuse(tooManyAttempts(1000, "passwords"));
  // One answer for every reason: who is known here is nobody's business.
  if (!fits || user === null || proofs === null) {
    return refuse(invalid("password", "This e-mail address and password do not belong together."));
  }
  if (proofs.totpSecret !== null) {
    // Not given back: who knows the password could clear his failed codes with it.
    if (code === "") {
      return refuse(invalid("totp", "A code of your authenticator app is needed.", "TOTP_REQUIRED"));
    }
    if (!(await takeCode(visit.control, user, code))) {
      return refuse(invalid("totp", "The code is not valid, or has been used."));
    }
  }
  giveBackAttempt(visit, user.id);
  return enter(visit, { userId: user.id });
}

/** A code of the authenticator app, or one of the recovery codes; each counts once. */
export async function takeCode(control: Control, user: UserRow, code: string): Promise<boolean> {
  const proofs = await control.store.users.proofs(user.id);
  if (proofs?.totpSecret == null) return false;
  const step = matchTotp(proofs.totpSecret, code, control.now());
  if (step !== null) return control.store.users.takeTotpStep(user.id, step);
  const hash = hashCredential(control.vault, "recovery", `${user.id} ${code.toLowerCase().replaceAll("-", "")}`);
  return control.store.users.takeRecoveryCode(user.id, hash);
}

/**
 * How long this must wait; 0 = it may be tried, and counts as failed until `giveBackAttempt`: a thousand at once would pass
 * otherwise. Where somebody is signed in to the account already, strangers elsewhere cannot lock him out.
 */
export function countAttempt({ control, address }: Visit, accountId: string, guess: string): number {
  const { throttle, accountThrottle, directory } = control.access;
  const nowMs = control.now();
  const isKnownPlace = directory
    .sessions()
    .some((session) => session.userId === accountId && networkOf(session.address) === networkOf(address));
  const accountWaitMs = isKnownPlace ? 0 : accountThrottle.waitMs(accountId, nowMs);
  const waitMs = Math.max(throttle.waitMs(address, nowMs), accountWaitMs);
  if (waitMs > 0) return waitMs;
  const fingerprint = control.vault.mac("guess", guess);
  throttle.failed(address, fingerprint, nowMs);
  if (!isKnownPlace) accountThrottle.failed(accountId, fingerprint, nowMs);
  return 0;
}

export function giveBackAttempt({ control, address }: Visit, accountId: string): void {
  control.access.throttle.succeeded(address);
  control.access.accountThrottle.succeeded(accountId);
}

/** From here on this browser has a session, and the same answer sees it. */
export async function enter(visit: Visit, holder: SessionHolder): Promise<Result<true>> {
  const cookies = cookiesOf(visit);
  const { principal, cookie } = await visit.control.access.startSession(holder, visit);
  cookies.setSession(cookie);
  visit.principal = principal;
  return ok(true);
}

export function cookiesOf(visit: Visit) {
  if (visit.cookies === null) throw badInput("Sign in and out over HTTP: a WebSocket cannot set the cookie.");
  return visit.cookies;
}

/** Null when too many are being checked already. */
export async function inTime<T>(check: Promise<T>): Promise<T | null> {
  try {
    return await check;
  } catch (error) {
    if (error instanceof PasswordsBusy) return null;
    throw error;
  }
}

export function tooManyAttempts(retryAfterMs: number, what: "tokens" | "passwords"): UserError {
  const seconds = Math.ceil(retryAfterMs / 1000);
  return {
    kind: "rate_limited",
    code: "RATE_LIMITED",
    message: `Too many wrong ${what}. Try again in ${seconds} s.`,
    field: null,
    retryAfterMs,
  };
}
