import { estimateInputTokens } from "../../llm/estimate-tokens.ts";
import { decodeGeminiRequest } from "./client-request.ts";
import { readFields } from "./spelling.ts";

/**
 * The answer to :countTokens for a model whose upstream cannot count (typing CountTokensResponse). The body is the contents themselves,
 * or a whole request under `generateContentRequest`. Throws GatewayError 400.
 */
export function countGeminiTokens(body: unknown): { readonly totalTokens: number } {
  const inner = readFields(body, "").get("generateContentRequest");
  const request = decodeGeminiRequest(inner ?? body, { model: "", stream: false });
  return { totalTokens: estimateInputTokens(request) };
}
