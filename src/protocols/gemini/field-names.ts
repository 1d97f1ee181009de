import type { RequestField } from "../../llm/request.ts";

const NAMES: Readonly<Record<RequestField, string>> = {
  model: "model",
  stream: "stream",
  includeUsage: "usageMetadata",
  system: "systemInstruction",
  messages: "contents",
  tools: "tools",
  hostedTools: "tools",
  toolChoice: "toolConfig.functionCallingConfig",
  parallelToolCalls: "toolConfig",
  maxOutputTokens: "generationConfig.maxOutputTokens",
  temperature: "generationConfig.temperature",
  topP: "generationConfig.topP",
  topK: "generationConfig.topK",
  stop: "generationConfig.stopSequences",
  reasoning: "generationConfig.thinkingConfig",
  responseFormat: "generationConfig.responseSchema",
  verbosity: "verbosity",
  candidates: "generationConfig.candidateCount",
  seed: "generationConfig.seed",
  frequencyPenalty: "generationConfig.frequencyPenalty",
  presencePenalty: "generationConfig.presencePenalty",
  logitBias: "logitBias",
  logprobs: "generationConfig.responseLogprobs",
  topLogprobs: "generationConfig.logprobs",
  modalities: "generationConfig.responseModalities",
  user: "labels",
  metadata: "labels",
  serviceTier: "serviceTier",
  promptCacheKey: "cachedContent",
};

/** What Gemini's format calls a neutral field. */
export function geminiFieldName(field: RequestField): string {
  return NAMES[field];
}
