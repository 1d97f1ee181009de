import { GATEWAY_ORIGIN } from "../../api/base.ts";
import type { RequestDetail } from "./documents.ts";

/** The same request again, with the key left to a variable. */
export function renderCurl(request: Pick<RequestDetail, "endpoint" | "requestedModel">, body: string): string {
  return [
    `curl ${GATEWAY_ORIGIN}${pathOf(request.endpoint, request.requestedModel)}`,
    `  -H "authorization: Bearer $SLUICE_API_KEY"`,
    `  -H "content-type: application/json"`,
    `  --data-binary ${quote(body)}`,
  ].join(" \\\n");
}

/** "chat.completions" → "/v1/chat/completions"; Gemini's have the model in the path. */
function pathOf(endpoint: string, model: string): string {
  const [family, verb] = endpoint.split(".", 2);
  if (family === "gemini") return `/v1beta/models/${model}:${verb}${verb?.startsWith("stream") ? "?alt=sse" : ""}`;
  return `/v1/${endpoint.replaceAll(".", "/")}`;
}

/** For a POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
