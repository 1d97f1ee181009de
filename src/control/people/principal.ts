import type { SessionRow } from "../../store/people.ts";

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

/** What a person or token is called in the audit log and in the history of the configuration. */
interface Holder {
  /** The person; null behind ADMIN_TOKEN and a token that no person made. */
  readonly userId: string | null;
  /** E-mail address, or the token's name. */
  readonly name: string;
  readonly tokenId: string | null;
}

/** Who is asking, and what he may do at this moment. */
export type Principal =
  | { readonly kind: "anonymous"; readonly scopes: ReadonlySet<Scope> }
  | (Holder & {
      readonly kind: "token";
      readonly scopes: ReadonlySet<Scope>;
      /** Of ADMIN_TOKEN, its fingerprint. */
      readonly credential: string | null;
    })
  | (Holder & { readonly kind: "session"; readonly scopes: ReadonlySet<Scope>; readonly session: SessionRow });

export const EVERY_SCOPE: ReadonlySet<Scope> = new Set(SCOPES);

export const ANONYMOUS: Principal = { kind: "anonymous", scopes: new Set() };

/** Under this name the subscriptions of one visitor are counted. */
export function principalKey(principal: Principal): string {
  switch (principal.kind) {
    case "anonymous":
      return "anonymous";
    case "session":
      return principal.session.id;
    case "token":
      return principal.tokenId ?? "token";
  }
}

/** Who has signed in himself. Whoever holds a token of his asks in his name, and must not change how he signs in. */
export function personId(principal: Principal): string | null {
  return principal.kind === "session" ? principal.session.userId : null;
}

/** In whose name it is asked; null behind ADMIN_TOKEN and a token that no person made. */
export function userIdOf(principal: Principal): string | null {
  return principal.kind === "anonymous" ? null : principal.userId;
}

export function holdsAll(principal: Principal, scopes: Iterable<Scope>): boolean {
  return [...scopes].every((scope) => principal.scopes.has(scope));
}

/** How long a proof of who is asking stays fresh. */
export const FRESH_FOR_MS = 10 * 60_000;

/** True for a bearer token, which proves itself with every call, and for a session whose holder did so in the last ten minutes. */
export function isFresh(principal: Principal, nowMs: number): boolean {
  switch (principal.kind) {
    case "anonymous":
      return false;
    case "token":
      return true;
    case "session":
      return nowMs < principal.session.freshUntil;
  }
}
