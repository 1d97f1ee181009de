import { SESSION_MAX_MS } from "../control/session-life.ts";

/** Over TLS the name binds the cookie to this host: nobody beside or above it can set one. */
const SECURE_NAME = "__Host-sluice_session";
/** On plain http (loopback, a trusted network) browsers refuse that name. */
const PLAIN_NAME = "sluice_session";

export function readSessionCookie(headers: Headers): string | null {
  const pairs = (headers.get("cookie") ?? "").split(";").map((pair) => pair.trim());
  for (const name of [SECURE_NAME, PLAIN_NAME]) {
    const pair = pairs.find((one) => one.startsWith(`${name}=`));
    if (pair !== undefined) return pair.slice(name.length + 1);
  }
  return null;
}

/** Null takes it away. */
export function writeSessionCookie(value: string | null, isSecure: boolean): string {
  const name = isSecure ? SECURE_NAME : PLAIN_NAME;
  const maxAge = value === null ? 0 : Math.floor(SESSION_MAX_MS / 1000);
  const secure = isSecure ? "; Secure" : "";
  return `${name}=${value ?? ""}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${secure}`;
}
