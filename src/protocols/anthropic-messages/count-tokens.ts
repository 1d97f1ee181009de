import { estimateInputTokens } from "../../llm/estimate-tokens.ts";
import { decodeCountRequest } from "./client-request.ts";

/**
 * The answer to POST /v1/messages/count_tokens for a model whose upstream cannot count (typing MessageTokensCount). Throws
 * GatewayError 400 like the request it stands for.
 */
export function countTokens(body: unknown): { readonly input_tokens: number } {
  return { input_tokens: estimateInputTokens(decodeCountRequest(body)) };
}
