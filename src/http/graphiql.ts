import type { Control } from "../control/control.ts";
import { PAGE_HEADERS } from "./console.ts";
import { makeGrant } from "./graphiql-grant.ts";
import { readSessionCookie } from "./session-cookies.ts";

/** As the console's, but that the editor writes style sheets of its own and works in workers. Scripts are files of ours. */
const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  ...PAGE_HEADERS,
  "content-security-policy": CONTENT_POLICY,
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
};

interface GraphiqlOptions {
  readonly control: Control;
  /** Made by client/build/graphiql.ts. */
  readonly page: string;
  /** "" or "/prefix". */
  readonly basePath: string;
}

/**
 * GraphiQL for whoever is signed in to the console. The page holds a grant, so it is for eyes only: a script of this origin that asks
 * for it, or puts it into a frame, is told no. (Browsers say what a request is for on https and loopback; on plain http they do not.)
 */
export function serveGraphiql({ control, page, basePath }: GraphiqlOptions): (request: Request) => Response {
  const base = `<base href="${Bun.escapeHTML(`${basePath}/`)}" />`;
  const based = page.replace('<base href="/" />', base);
  return ({ headers }) => {
    const purpose = headers.get("sec-fetch-dest");
    if (purpose !== null && purpose !== "document") return words(403, base, "GraphiQL opens in a window of its own.");
    const cookie = readSessionCookie(headers);
    const principal = cookie === null ? null : control.access.byCookie(cookie);
    if (principal?.kind !== "session") {
      return words(401, base, 'GraphiQL is for who is signed in: <a href="./">sign in</a>, then open this page again.');
    }
    const meta = `<meta name="grant" content="${makeGrant(control, principal.session.id)}" />`;
    return new Response(based.replace('<meta name="grant" content="" />', meta), { headers: HEADERS });
  };
}

function words(status: number, base: string, text: string): Response {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8" />${base}<title>GraphiQL · Sluice</title></head><body><p>${text}</p></body></html>`;
  return new Response(html, { status, headers: HEADERS });
}
