import type { Control } from "../control/control.ts";
import type { Begun, Ended, SignInProblem } from "../control/people/oidc/round-trip.ts";
import { readCookie, readSessionCookie, writeFlowCookie, writeSessionCookie } from "./session-cookies.ts";

/** Sign-in by an OpenID Connect provider: a round trip of the browser. Every answer is a redirect. */
export interface SignInRoutes {
  start(request: Request, address: string): Promise<Response>;
  callback(request: Request, address: string): Promise<Response>;
}

/** `basePath`: "" or "/prefix". The parts behind are loaded with the first sign-in. */
export function serveSignIn(control: Control, basePath: string): SignInRoutes {
  const roundTrip = () => import("../control/people/oidc/round-trip.ts");
  const visitor = (request: Request, address: string) => ({
    control,
    address,
    userAgent: request.headers.get("user-agent") ?? "",
  });
  const back = (problem: SignInProblem) => `${basePath}/?signInProblem=${problem}`;

  return {
    async start(request, address) {
      const { beginRoundTrip, safeReturn } = await roundTrip();
      const query = queryOf(request);
      const origin = originOf(request);
      const isProof = query.get("reauthenticate") === "true";
      const begun: Begun = await beginRoundTrip(visitor(request, address), {
        redirectUri: `${origin}${basePath}/auth/oidc/callback`,
        returnTo: safeReturn(query.get("return"), basePath),
        principal: isProof ? control.access.byCookie(readSessionCookie(request.headers) ?? "") : null,
      });
      if (begun.kind === "refused") return redirect(back(begun.problem));
      return redirect(begun.location, [writeFlowCookie(begun.cookie, origin.startsWith("https:"))]);
    },

    async callback(request, address) {
      const { endRoundTrip } = await roundTrip();
      const isSecure = originOf(request).startsWith("https:");
      const cookie = readCookie(request.headers, "flow");
      const ended: Ended = await endRoundTrip(visitor(request, address), cookie, queryOf(request));
      const done = writeFlowCookie(null, isSecure);
      if (ended.kind === "refused") return redirect(back(ended.problem), [done]);
      const { returnTo, session } = ended;
      return redirect(returnTo, session === null ? [done] : [done, writeSessionCookie(session, isSecure)]);
    },
  };
}

/**
 * As the browser sees this server. A navigation has no Origin header, so a proxy that ends TLS has to say so; whoever lies about it
 * only misleads his own browser.
 */
function originOf(request: Request): string {
  const forwarded = request.headers.get("x-forwarded-proto")?.split(",")[0]?.trim().toLowerCase();
  const isSecure = request.url.startsWith("https:") || forwarded === "https";
  return `${isSecure ? "https" : "http"}://${request.headers.get("host") ?? ""}`;
}

function queryOf({ url }: Request): URLSearchParams {
  const question = url.indexOf("?");
  return new URLSearchParams(question < 0 ? "" : url.slice(question));
}

function redirect(location: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({ location, "cache-control": "no-store", "referrer-policy": "no-referrer" });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status: 302, headers });
}
