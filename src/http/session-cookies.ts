import { FLOW_MS, SESSION_MAX_MS } from "../control/people/session-life.ts";

/** `flow`: of a sign-in by a provider while it is under way. */
const NAMES = { session: "sluice_session", flow: "sluice_sign_in" } as const;
type CookieName = keyof typeof NAMES;

/** Over TLS the name binds the cookie to this host: nobody beside or above it can set one. On plain http browsers refuse such a name. */
const SECURE_PREFIX = "__Host-";

export function readSessionCookie(headers: Headers): string | null {
  return readCookie(headers, "session");
}

export function readCookie(headers: Headers, which: CookieName): string | null {
  const pairs = (headers.get("cookie") ?? "").split(";").map((pair) => pair.trim());
  for (const name of [SECURE_PREFIX + NAMES[which], NAMES[which]]) {
    const pair = pairs.find((one) => one.startsWith(`${name}=`));
    if (pair !== undefined) return pair.slice(name.length + 1);
  }
  return null;
}

/** Null takes it away. */
export function writeSessionCookie(value: string | null, isSecure: boolean): string {
  return writeCookie("session", value, { isSecure, sameSite: "Strict", maxAgeMs: SESSION_MAX_MS });
}

/** Lax: the browser must bring it when the provider sends it back here. Null takes it away. */
export function writeFlowCookie(value: string | null, isSecure: boolean): string {
  return writeCookie("flow", value, { isSecure, sameSite: "Lax", maxAgeMs: FLOW_MS });
}

function writeCookie(
  which: CookieName,
  value: string | null,
  { isSecure, sameSite, maxAgeMs }: { isSecure: boolean; sameSite: "Strict" | "Lax"; maxAgeMs: number },
): string {
  const name = `${isSecure ? SECURE_PREFIX : ""}${NAMES[which]}`;
  const maxAge = value === null ? 0 : Math.floor(maxAgeMs / 1000);
  const secure = isSecure ? "; Secure" : "";
  return `${name}=${value ?? ""}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=${sameSite}${secure}`;
}
