import { totalTokens, type Usage } from "../../llm/usage.ts";
import { asRecord, portion, readCount } from "../usage.ts";

/**
 * Gemini's counts: the cached tokens stand inside `promptTokenCount`, the thoughts beside `candidatesTokenCount`, and the
 * prompt of a tool use beside the prompt. Embeddings have none.
 */
export function readGeminiUsage(value: unknown): Usage | null {
  const usage = asRecord(value);
  const prompt = readCount(usage?.promptTokenCount);
  const candidates = readCount(usage?.candidatesTokenCount);
  const thoughts = readCount(usage?.thoughtsTokenCount);
  if (usage === null || (prompt === null && candidates === null && thoughts === null)) return null;
  const cached = portion(prompt ?? 0, usage.cachedContentTokenCount);
  return {
    inputTokens: (prompt ?? 0) - cached + (readCount(usage.toolUsePromptTokenCount) ?? 0),
    cacheReadTokens: cached,
    cacheWriteTokens: 0,
    outputTokens: candidates ?? 0,
    reasoningTokens: thoughts ?? 0,
  };
}

/** The same counts as Gemini writes them. Written cache tokens have no count of their own: they are prompt. */
export function writeGeminiUsage(usage: Usage): Record<string, number> {
  return {
    promptTokenCount: usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
    ...(usage.cacheReadTokens === 0 ? {} : { cachedContentTokenCount: usage.cacheReadTokens }),
    candidatesTokenCount: usage.outputTokens,
    ...(usage.reasoningTokens === 0 ? {} : { thoughtsTokenCount: usage.reasoningTokens }),
    totalTokenCount: totalTokens(usage),
  };
}
