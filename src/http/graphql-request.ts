import { GraphQLError } from "graphql";
import { GRAPHQL_LIMITS } from "../../schema/limits.ts";

/**
 * The request as yoga may have it: GET, or POST with JSON of a bounded size, under an address of ours. Throws a GraphQLError
 * with a status.
 */
export async function readGraphqlRequest(request: Request): Promise<Request> {
  // The real URL is made from the Host header, which may be anything; yoga reads only path and query.
  const question = request.url.indexOf("?");
  const url = `http://sluice/graphql${question < 0 ? "" : request.url.slice(question)}`;
  const { method, headers, signal } = request;
  if (method === "GET") return new Request(url, { method, headers, signal });
  if (method !== "POST")
    throw refused("METHOD_NOT_ALLOWED", "Use POST, or GET for queries.", 405, { allow: "GET, POST" });
  // Forms can be sent from any page without asking; JSON cannot.
  if (!/^application\/json\s*(;|$)/i.test(headers.get("content-type") ?? "")) {
    throw refused("UNSUPPORTED_MEDIA_TYPE", "Send content-type: application/json.", 415);
  }
  return new Request(url, { method, headers, signal, body: await readBody(request) });
}

/** The body of a POST as JSON. Throws as above. */
export async function readGraphqlJson(request: Request): Promise<unknown> {
  const text = await (await readGraphqlRequest(request)).text();
  try {
    return JSON.parse(text);
  } catch {
    throw refused("BAD_REQUEST", "The body is not JSON.", 400);
  }
}

async function readBody(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const limit = GRAPHQL_LIMITS.bodyBytes;
  const tooLarge = () => refused("BODY_TOO_LARGE", `A request has at most ${limit} bytes.`, 413);
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length) as Uint8Array<ArrayBuffer>;
}

function refused(code: string, message: string, status: number, headers: Record<string, string> = {}): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status, headers } } });
}
