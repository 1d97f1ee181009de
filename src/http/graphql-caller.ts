import { GraphQLError } from "graphql";
import type { Control } from "../control/control.ts";
import { ANONYMOUS, type Principal } from "../control/people/principal.ts";
import { readSessionCookie } from "./session-cookies.ts";

/** Who sent a request, and over what. */
export interface Caller {
  readonly principal: Principal;
  readonly isSecure: boolean;
}

/**
 * A bearer token, else the session cookie. A browser sends the cookie by itself, whatever page made it send: so it counts only
 * with this server's own Origin (or the browser's word that the page is of this origin). Throws a GraphQLError.
 */
export function identify(control: Control, request: Request, address: string): Caller {
  const { headers } = request;
  const isSecure = isHttps(request);
  const authorization = headers.get("authorization");
  if (authorization !== null) return { ...byBearer(control, authorization, address), isSecure };
  if (!isSameOrigin(headers)) {
    const message = "This page is of another origin. (A proxy in front must pass the Host header on.)";
    throw refused("FORBIDDEN_ORIGIN", message, 403);
  }
  const cookie = readSessionCookie(headers);
  if (cookie === null) return { principal: ANONYMOUS, isSecure };
  // No Origin: a GET that the browser made for a page of ours, or no browser.
  if (headers.get("origin") === null && headers.get("sec-fetch-site") !== "same-origin") {
    throw refused("FORBIDDEN_ORIGIN", "A session cookie needs the Origin header of this server.", 403);
  }
  return { principal: control.access.byCookie(cookie), isSecure };
}

/** `Bearer adm_…`, from a header or from `connection_init`. A wrong token is refused, not taken for nobody. */
export function byBearer(control: Control, authorization: string, address: string) {
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (token === undefined) throw refused("UNAUTHENTICATED", "The authorization is not `Bearer TOKEN`.", 401);
  const { principal, waitMs } = control.access.byToken(token, address);
  if (principal.kind === "anonymous") {
    const code = waitMs > 0 ? "RATE_LIMITED" : "UNAUTHENTICATED";
    control.audit.fold({ principal, address }, { action: "bearerToken", outcome: "refused", code });
  }
  if (waitMs > 0) {
    const seconds = Math.ceil(waitMs / 1000);
    throw refused("RATE_LIMITED", `Too many wrong tokens from this address. Try again in ${seconds} s.`, 429);
  }
  if (principal.kind === "anonymous")
    throw refused("UNAUTHENTICATED", "This is not an admin token, or it has ended.", 401);
  return { principal };
}

/** True without an Origin header: only browsers send one, and they always do where it matters. */
function isSameOrigin(headers: Headers): boolean {
  const origin = headers.get("origin");
  return origin === null || URL.parse(origin)?.host === headers.get("host");
}

/** Behind a proxy that ends TLS the request is plain; the browser's own Origin, checked above, still says https. */
function isHttps(request: Request): boolean {
  return request.url.startsWith("https:") || request.headers.get("origin")?.startsWith("https:") === true;
}

function refused(code: string, message: string, status: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status } } });
}
