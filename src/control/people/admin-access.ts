import { randomBytes } from "node:crypto";
import type { Vault } from "../../lib/secret.ts";
import type { AdminTokenRow, SessionRow, UserRow } from "../../store/people.ts";
import { type AccessDeps, AccessDirectory, hashCredential } from "./access-directory.ts";
import { adoptStoredToken } from "./adopted-token.ts";
import { ANONYMOUS, EVERY_SCOPE, FRESH_FOR_MS, holdsAll, type Principal, type Scope } from "./principal.ts";
import { ROLE_SCOPES } from "./roles.ts";
import { equalText, finalExpiry, idleExpiry } from "./session-life.ts";
import { SetupLink } from "./setup-link.ts";
import { SignInThrottle } from "./sign-in-throttle.ts";

/** The name of whoever holds ADMIN_TOKEN. */
const ENVIRONMENT = "ADMIN_TOKEN";

/** On whose behalf a session begins: of a person, of an admin token, or of ADMIN_TOKEN. */
export type SessionHolder =
  | { readonly userId: string }
  | { readonly tokenId: string }
  | { readonly credential: string };

export interface SignedIn {
  readonly principal: Principal;
  /** The cookie's value. */
  readonly cookie: string;
}

/**
 * Loads who may administer. Without ADMIN_TOKEN and before the first set-up, `setupLinkToken` belongs into the link that main
 * prints once: `http://HOST:PORT/setup#TOKEN` (behind the #, so that no server log on the way sees it).
 */
export async function prepareAdminAccess(deps: AccessDeps): Promise<AdminAccess> {
  await adoptStoredToken(deps);
  const directory = new AccessDirectory(deps.store);
  await directory.refresh();
  return new AdminAccess(deps, directory);
}

/** Tells who is asking, from memory: a bearer token, or a cookie. */
export class AdminAccess {
  readonly directory: AccessDirectory;
  readonly throttle = new SignInThrottle();
  /** By account, wherever the guesses come from. */
  readonly accountThrottle = new SignInThrottle((id) => id);
  readonly setup: SetupLink;
  readonly #store: AccessDeps["store"];
  readonly #vault: Vault;
  readonly #now: () => number;
  /** Hash of ADMIN_TOKEN. */
  readonly #environment: string | null;

  constructor(deps: AccessDeps, directory: AccessDirectory) {
    this.directory = directory;
    this.#store = deps.store;
    this.#vault = deps.vault;
    this.#now = deps.now;
    this.#environment = deps.adminToken && hashCredential(deps.vault, "admin-token", deps.adminToken.reveal());
    this.setup = new SetupLink(this.#environment === null && directory.isEmpty);
  }

  /** Shown once on stdout; null when somebody can sign in. */
  get setupLinkToken(): string | null {
    return this.setup.token;
  }

  get setupRequired(): boolean {
    return this.setup.token !== null;
  }

  /** Whose bearer token this is. A wrong one counts against the address; `waitMs` > 0 when it may not try now. */
  byToken(token: string, address: string): { readonly principal: Principal; readonly waitMs: number } {
    const waitMs = this.throttle.waitMs(address, this.#now());
    if (waitMs > 0) return { principal: ANONYMOUS, waitMs };
    const hash = hashCredential(this.#vault, "admin-token", token);
    if (this.#environment !== null && equalText(hash, this.#environment)) {
      return { principal: this.#environmentPrincipal(), waitMs: 0 };
    }
    const row = this.directory.tokenByHash(hash);
    const principal = row === null ? null : this.#tokenPrincipal(row);
    if (row === null || principal === null) {
      this.throttle.failed(address, hash, this.#now());
      return { principal: ANONYMOUS, waitMs: 0 };
    }
    this.directory.noteToken(row, this.#now(), address);
    return { principal, waitMs: 0 };
  }

  /** Whose cookie this is. */
  byCookie(value: string): Principal {
    if (value.length > 200) return ANONYMOUS;
    const row = this.directory.sessionByHash(hashCredential(this.#vault, "session", value));
    const principal = row === null ? null : this.#sessionPrincipal(row);
    if (row === null || principal === null) return ANONYMOUS;
    this.directory.noteSession(row, this.#now());
    return principal;
  }

  /** For long subscriptions: whether what was true at the start still is. Whoever may do less now begins anew. */
  isStillValid(principal: Principal): boolean {
    const now = this.current(principal);
    return now !== null && holdsAll(now, principal.scopes);
  }

  /** The same caller, as he is now; null when he may not come any more. */
  current(principal: Principal): Principal | null {
    switch (principal.kind) {
      case "anonymous":
        return principal;
      case "token": {
        // It cannot change while this process runs.
        if (principal.tokenId === null) return principal;
        const row = this.directory.token(principal.tokenId);
        return row && this.#tokenPrincipal(row);
      }
      case "session": {
        const row = this.directory.session(principal.session.id);
        return row && this.#sessionPrincipal(row);
      }
    }
  }

  /** Only once he has proved who he is: that counts as fresh for a while. */
  async startSession(
    holder: SessionHolder,
    caller: { readonly address: string; readonly userAgent: string },
    provedAtMs = this.#now(),
  ): Promise<SignedIn> {
    const nowMs = this.#now();
    const cookie = randomBytes(32).toString("base64url");
    const row = await this.#store.sessions.create({
      userId: null,
      tokenId: null,
      credential: null,
      ...holder,
      hash: hashCredential(this.#vault, "session", cookie),
      address: caller.address,
      userAgent: caller.userAgent.slice(0, 300),
      createdAt: nowMs,
      lastSeenAt: nowMs,
      freshUntil: Math.min(provedAtMs, nowMs) + FRESH_FOR_MS,
    });
    if (row.userId !== null) await this.#store.users.touch(row.userId, nowMs);
    await this.directory.refresh();
    const principal = this.#sessionPrincipal(row);
    if (principal === null) throw new Error("a session began for somebody who may not come");
    return { principal, cookie };
  }

  /** He has just proved again who he is. */
  async refreshProof(session: SessionRow): Promise<Principal> {
    await this.#store.sessions.update(session.id, { freshUntil: this.#now() + FRESH_FOR_MS });
    await this.directory.refresh();
    const row = this.directory.session(session.id);
    return (row && this.#sessionPrincipal(row)) ?? ANONYMOUS;
  }

  async endSessions(ids: readonly string[]): Promise<string[]> {
    const ended = await this.#store.sessions.delete(ids);
    await this.directory.refresh();
    return ended;
  }

  /** Takes away what has run out: sessions, and tokens that ended a month ago. */
  async expire(): Promise<void> {
    const nowMs = this.#now();
    const sessions = this.directory.sessions().filter((row) => idleExpiry(row) <= nowMs || finalExpiry(row) <= nowMs);
    const tokens = this.directory.tokens().filter((row) => row.expiresAt !== null && row.expiresAt + MONTH_MS <= nowMs);
    if (sessions.length + tokens.length === 0) return;
    await this.#store.sessions.delete(sessions.map((row) => row.id));
    await this.#store.adminTokens.delete(tokens.map((row) => row.id));
    await this.directory.refresh();
  }

  #environmentPrincipal(): Principal {
    const credential = this.#environment === null ? null : this.#fingerprint(this.#environment);
    return { kind: "token", scopes: EVERY_SCOPE, credential, userId: null, tokenId: null, name: ENVIRONMENT };
  }

  #tokenPrincipal(row: AdminTokenRow): Principal | null {
    if (row.expiresAt !== null && row.expiresAt <= this.#now()) return null;
    const creator = row.createdBy === null ? null : this.#enabledUser(row.createdBy);
    if (row.createdBy !== null && creator === null) return null;
    // What its maker may not do any more, his token may not do either.
    const limit = creator === null ? EVERY_SCOPE : ROLE_SCOPES[creator.role];
    const scopes = new Set((row.scopes as Scope[]).filter((scope) => limit.has(scope)));
    return { kind: "token", scopes, credential: null, userId: row.createdBy, tokenId: row.id, name: row.name };
  }

  #sessionPrincipal(session: SessionRow): Principal | null {
    const nowMs = this.#now();
    if (idleExpiry(session) <= nowMs || finalExpiry(session) <= nowMs) return null;
    if (session.tokenId !== null) {
      const row = this.directory.token(session.tokenId);
      const token = row && this.#tokenPrincipal(row);
      return token?.kind === "token" ? { ...token, kind: "session", session } : null;
    }
    if (session.userId === null) {
      const isCurrent = this.#environment !== null && session.credential === this.#fingerprint(this.#environment);
      const holder = { userId: null, tokenId: null, name: ENVIRONMENT };
      return isCurrent ? { kind: "session", scopes: EVERY_SCOPE, session, ...holder } : null;
    }
    const user = this.#enabledUser(session.userId);
    if (user === null) return null;
    const holder = { userId: user.id, tokenId: null, name: user.email };
    return { kind: "session", scopes: ROLE_SCOPES[user.role], session, ...holder };
  }

  #enabledUser(id: string): UserRow | null {
    const user = this.directory.user(id);
    return user?.enabled ? user : null;
  }

  #fingerprint(hash: string): string {
    return this.#vault.mac("admin-credential", hash).slice(0, 16);
  }
}

const MONTH_MS = 30 * 86_400_000;
