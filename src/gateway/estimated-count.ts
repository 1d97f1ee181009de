import { utf8 } from "../lib/bytes.ts";
import { countTokens } from "../protocols/anthropic-messages/count-tokens.ts";
import { countGeminiTokens } from "../protocols/gemini/count-tokens.ts";
import type { Admitted } from "./admit.ts";
import type { Answer } from "./attempt-result.ts";
import type { Exchange } from "./exchange.ts";
import { parseBody } from "./json-body.ts";

/** Tokens by our own estimate, where no upstream can count them. Throws GatewayError 400 for what is no request. */
export function estimatedCount(exchange: Exchange, { body }: Admitted): Answer {
  const parsed = body.kind === "json" ? parseBody(body) : {};
  const count = exchange.protocol.id === "gemini" ? countGeminiTokens(parsed) : countTokens(parsed);
  return { kind: "json", status: 200, bytes: utf8(JSON.stringify(count)), headers: { get: () => null } };
}
