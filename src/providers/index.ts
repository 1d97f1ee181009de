import type { ProviderKind } from "../llm/names.ts";
import { anthropic } from "./anthropic.ts";
import { coze } from "./coze.ts";
import type { Dialect } from "./dialect.ts";
import { gemini } from "./gemini.ts";
import { azureOpenAi, openAiCompatible, openai } from "./openai.ts";

export const dialects: Readonly<Record<ProviderKind, Dialect>> = {
  openai,
  "azure-openai": azureOpenAi,
  anthropic,
  gemini,
  coze,
  "openai-compatible": openAiCompatible,
};
