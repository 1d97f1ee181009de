import type { ProviderKind } from "./documents.ts";

/** Vendors' names are names in every language. */
export const KIND_NAMES: Readonly<Record<ProviderKind, string>> = {
  OPENAI: "OpenAI",
  AZURE_OPENAI: "Azure OpenAI",
  ANTHROPIC: "Anthropic",
  GEMINI: "Google Gemini",
  COZE: "Coze",
  OPENAI_COMPATIBLE: "OpenAI-compatible",
};
