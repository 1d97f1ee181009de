import { lexicographicSortSchema, printSchema } from "graphql";
import { unauthenticated } from "../../schema/guard.ts";
import { schema } from "../../schema/index.ts";
import type { Principal } from "../control/people/principal.ts";

const PATH = /^[^?#]*\/graphql\/schema\.graphql(?:[?#]|$)/;

export function isSchemaRequest(request: Request): boolean {
  return PATH.test(request.url);
}

let printed: { readonly text: string; readonly etag: string } | null = null;

/** The schema as text, for code generators. It needs a credential as all else: strangers learn nothing of what there is. */
export function answerSchema(request: Request, principal: Principal): Response {
  if (principal.kind === "anonymous") {
    return Response.json({ errors: [unauthenticated()] }, { status: 401 });
  }
  if (printed === null) {
    const text = `${printSchema(lexicographicSortSchema(schema))}\n`;
    printed = { text, etag: `"${Bun.hash(text).toString(36)}"` };
  }
  const { text, etag } = printed;
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers: { etag } });
  return new Response(text, { headers: { "content-type": "text/plain; charset=utf-8", etag } });
}
