import { EVERY_SCOPE, type Principal } from "../../src/control/people/principal.ts";
import type { SessionRow } from "../../src/store/people.ts";

/** Callers without a server: whoever holds ADMIN_TOKEN, and a session begun with it. */
const HOLDER = { scopes: EVERY_SCOPE, userId: null, tokenId: null, name: "ADMIN_TOKEN" };

export function tokenPrincipal(): Principal {
  return { kind: "token", credential: "x", ...HOLDER };
}

export function sessionPrincipal(given: Partial<SessionRow> = {}): Principal {
  const session: SessionRow = {
    id: "ses_1",
    userId: null,
    tokenId: null,
    credential: "x",
    address: "127.0.0.1",
    userAgent: "",
    createdAt: 1000,
    lastSeenAt: 1000,
    freshUntil: 1000,
    ...given,
  };
  return { kind: "session", session, ...HOLDER };
}
