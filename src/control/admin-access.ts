import { randomBytes } from "node:crypto";
import * as z from "zod/mini";
import type { Secret, Vault } from "../lib/secret.ts";
import type { SettingStore, Store } from "../store/types.ts";
import { ADMIN_TOKEN_PREFIX, generateSecret } from "./client-key-secret.ts";
import type { ControlDeps } from "./deps.ts";
import { ANONYMOUS, type Principal, type Session, sessionPrincipal, tokenPrincipal } from "./principal.ts";
import { equalText, finalExpiry, idleExpiry, openSession, sealSession } from "./session-cookie.ts";
import { SignInThrottle } from "./sign-in-throttle.ts";
import { invalid, ok, type Result, refuse, type UserError } from "./user-errors.ts";

// Rows of the settings table that are no settings: a name with a $ is never one, and no reader of settings knows these.
const TOKEN_SETTING = "$admin.tokenHash";
const SIGNED_OUT_SETTING = "$admin.signedOut";
/** A cookie is written anew when its last use is noted as longer ago than this. */
const REFRESH_AFTER_MS = 5 * 60_000;

const signedOutSchema = z.record(z.string(), z.number());

type AccessDeps = Pick<ControlDeps, "vault" | "adminToken" | "now"> & { readonly store: Pick<Store, "settings"> };

export interface SignedIn {
  readonly session: Session;
  /** The cookie's value. */
  readonly cookie: string;
}

/**
 * Loads who may administer. Without ADMIN_TOKEN and before the first set-up, `setupLinkToken` belongs into the link that main
 * prints once: `http://HOST:PORT/setup#TOKEN` (behind the #, so that no server log on the way sees it).
 */
export async function prepareAdminAccess(deps: AccessDeps): Promise<AdminAccess> {
  const stored = await deps.store.settings.all();
  const hash = z.string().safeParse(stored[TOKEN_SETTING]);
  const signedOut = signedOutSchema.safeParse(stored[SIGNED_OUT_SETTING]);
  return new AdminAccess(deps, hash.data ?? null, new Map(Object.entries(signedOut.data ?? {})));
}

/** The one admin credential, the sessions made from it, and the one-time set-up. */
export class AdminAccess {
  readonly #vault: Vault;
  readonly #settings: SettingStore;
  readonly #now: () => number;
  readonly #throttle = new SignInThrottle();
  /** Ended sessions until they would have expired anyway: a stolen copy of the cookie must not outlive the sign-out. */
  readonly #signedOut: Map<string, number>;
  #tokenHash: string | null;
  #setupToken: Secret | null;

  constructor(deps: AccessDeps, storedHash: string | null, signedOut: Map<string, number>) {
    this.#vault = deps.vault;
    this.#settings = deps.store.settings;
    this.#now = deps.now;
    this.#signedOut = signedOut;
    this.#tokenHash = deps.adminToken === null ? storedHash : this.#hash(deps.adminToken.reveal());
    this.#setupToken = this.#tokenHash === null ? generateSecret("setup_") : null;
  }

  /** Shown once on stdout; null when an admin token exists. */
  get setupLinkToken(): string | null {
    return this.#setupToken?.reveal() ?? null;
  }

  get setupRequired(): boolean {
    return this.#setupToken !== null;
  }

  /** Whose bearer token this is. A wrong one counts against the address; `waitMs` > 0 when it may not try now. */
  byToken(token: string, address: string): { readonly principal: Principal; readonly waitMs: number } {
    const waitMs = this.#throttle.waitMs(address, this.#now());
    if (waitMs > 0) return { principal: ANONYMOUS, waitMs };
    const hash = this.#hash(token);
    if (this.#tokenHash !== null && equalText(hash, this.#tokenHash)) {
      return { principal: tokenPrincipal(this.#credential(hash)), waitMs: 0 };
    }
    this.#throttle.failed(address, hash, this.#now());
    return { principal: ANONYMOUS, waitMs: 0 };
  }

  /** Whose cookie this is, and its replacement when its idle time should start again. */
  byCookie(value: string): { readonly principal: Principal; readonly refreshed: string | null } {
    const session = openSession(this.#vault, value);
    if (session === null || !this.#isLive(session)) return { principal: ANONYMOUS, refreshed: null };
    const nowMs = this.#now();
    if (nowMs - session.lastSeenAtMs < REFRESH_AFTER_MS) {
      return { principal: sessionPrincipal(session), refreshed: null };
    }
    const moved = { ...session, lastSeenAtMs: nowMs };
    return { principal: sessionPrincipal(moved), refreshed: sealSession(this.#vault, moved) };
  }

  /** For long subscriptions: whether what was true at the start still is. */
  isStillValid(principal: Principal): boolean {
    switch (principal.kind) {
      case "anonymous":
        return true;
      case "token":
        return principal.credential === this.#currentCredential();
      case "session":
        return this.#isLive(principal.session);
    }
  }

  signIn(token: string, address: string): Result<SignedIn> {
    const { principal, waitMs } = this.byToken(token, address);
    if (waitMs > 0) return refuse(tooManyAttempts(waitMs));
    if (principal.kind !== "token") return refuse(invalid("token", "This is not the admin token."));
    this.#throttle.succeeded(address);
    return ok(this.#startSession(principal.credential));
  }

  async signOut(session: Session): Promise<void> {
    const nowMs = this.#now();
    for (const [id, untilMs] of this.#signedOut) if (untilMs <= nowMs) this.#signedOut.delete(id);
    this.#signedOut.set(session.id, finalExpiry(session));
    await this.#settings.put({ [SIGNED_OUT_SETTING]: Object.fromEntries(this.#signedOut) });
  }

  /** Uses up the set-up token; the answer is the only place where the new admin token stands in clear. */
  async setUp(setupToken: string, address: string): Promise<Result<SignedIn & { readonly adminToken: Secret }>> {
    const waitMs = this.#throttle.waitMs(address, this.#now());
    if (waitMs > 0) return refuse(tooManyAttempts(waitMs));
    const expected = this.#setupToken;
    if (expected === null) return refuse(invalid("setupToken", "Sluice is set up already: sign in.", "CONFLICT"));
    if (!equalText(this.#hash(setupToken), this.#hash(expected.reveal()))) {
      this.#throttle.failed(address, this.#hash(setupToken), this.#now());
      return refuse(invalid("setupToken", "The link is not valid: a newer start has printed another one."));
    }
    this.#setupToken = null; // Before the first await: a second request with the same link finds it used.
    const adminToken = generateSecret(ADMIN_TOKEN_PREFIX);
    const hash = this.#hash(adminToken.reveal());
    try {
      await this.#settings.put({ [TOKEN_SETTING]: hash });
    } catch (error) {
      this.#setupToken = expected;
      throw error;
    }
    this.#tokenHash = hash;
    return ok({ ...this.#startSession(this.#credential(hash)), adminToken });
  }

  #startSession(credential: string): SignedIn {
    const nowMs = this.#now();
    const id = randomBytes(16).toString("base64url");
    const session: Session = { id, createdAtMs: nowMs, lastSeenAtMs: nowMs, credential };
    return { session, cookie: sealSession(this.#vault, session) };
  }

  #isLive(session: Session): boolean {
    const signedOut = this.#signedOut.has(session.id);
    return !signedOut && session.credential === this.#currentCredential() && idleExpiry(session) > this.#now();
  }

  #currentCredential(): string | null {
    return this.#tokenHash === null ? null : this.#credential(this.#tokenHash);
  }

  #hash(token: string): string {
    return this.#vault.mac("admin-token", token);
  }

  /** Not the stored hash itself: the cookie is readable. */
  #credential(hash: string): string {
    return this.#vault.mac("admin-credential", hash).slice(0, 16);
  }
}

function tooManyAttempts(retryAfterMs: number): UserError {
  const seconds = Math.ceil(retryAfterMs / 1000);
  return {
    kind: "rate_limited",
    code: "RATE_LIMITED",
    message: `Too many wrong tokens from this address. Try again in ${seconds} s.`,
    field: null,
    retryAfterMs,
  };
}
