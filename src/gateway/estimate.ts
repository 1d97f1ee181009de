import type { StreamFacts } from "../protocols/protocol.ts";
import type { Exchange } from "./exchange.ts";

/** Bytes of JSON around the text of one stream frame, roughly; English and code are about four bytes a token. */
const FRAME_OVERHEAD = 220;
const BYTES_PER_TOKEN = 4;

/**
 * Tokens of a stream that never said its usage: cut, or from a vendor that does not tell. What was delivered has been paid for,
 * so it must not count as nothing; the row is flagged as estimated. What the upstream did say (Anthropic's input counts) stays.
 */
export function estimateUsage(exchange: Exchange, facts: StreamFacts): void {
  if (!facts.hasContent) return;
  const text = Math.max(0, exchange.responseBytes - facts.frames * FRAME_OVERHEAD);
  const output = Math.max(facts.frames, Math.ceil(text / BYTES_PER_TOKEN));
  const known = facts.usage;
  exchange.usage = {
    inputTokens: known?.inputTokens ?? Math.ceil(exchange.requestBytes / BYTES_PER_TOKEN),
    cacheReadTokens: known?.cacheReadTokens ?? 0,
    cacheWriteTokens: known?.cacheWriteTokens ?? 0,
    outputTokens: Math.max(known?.outputTokens ?? 0, output),
    reasoningTokens: known?.reasoningTokens ?? 0,
  };
  exchange.usageSource = "estimated";
}
