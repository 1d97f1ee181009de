export const SCOPES = [
  "KEYS_READ",
  "KEYS_WRITE",
  "KEYS_REVEAL",
  "CLIENTS_READ",
  "CLIENTS_WRITE",
  "MODELS_READ",
  "MODELS_WRITE",
  "USAGE_READ",
  "LOGS_READ",
  "LOGS_CONTENT",
  "REQUESTS_CANCEL",
  "CHAT_USE",
  "FILES_READ",
  "FILES_WRITE",
  "SETTINGS_READ",
  "SETTINGS_WRITE",
  "ALERTS_READ",
  "ALERTS_WRITE",
  "USERS_ADMIN",
  "AUDIT_READ",
] as const;
export type Scope = (typeof SCOPES)[number];

/** Who is asking. The admin token, and the session made from it, hold every scope. */
export type Principal =
  | { readonly kind: "anonymous"; readonly scopes: ReadonlySet<Scope> }
  | { readonly kind: "token"; readonly scopes: ReadonlySet<Scope>; readonly credential: string }
  | { readonly kind: "session"; readonly scopes: ReadonlySet<Scope>; readonly session: Session };

/** What a session cookie says. Times are Unix milliseconds. */
export interface Session {
  readonly id: string;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
  /** Fingerprint of the admin token it was made with: another token ends it. */
  readonly credential: string;
}

const EVERY_SCOPE: ReadonlySet<Scope> = new Set(SCOPES);

export const ANONYMOUS: Principal = { kind: "anonymous", scopes: new Set() };
export const tokenPrincipal = (credential: string): Principal => ({ kind: "token", scopes: EVERY_SCOPE, credential });
export const sessionPrincipal = (session: Session): Principal => ({ kind: "session", scopes: EVERY_SCOPE, session });

/** Under this name the subscriptions of one visitor are counted. */
export function principalKey(principal: Principal): string {
  return principal.kind === "session" ? principal.session.id : principal.kind;
}

const FRESH_FOR_MS = 10 * 60_000;

/** True for a bearer token, which proves itself with every call, and for a session whose holder did so in the last ten minutes. */
export function isFresh(principal: Principal, nowMs: number): boolean {
  switch (principal.kind) {
    case "anonymous":
      return false;
    case "token":
      return true;
    case "session":
      return nowMs < principal.session.createdAtMs + FRESH_FOR_MS;
  }
}
