import type { RequestField } from "../../llm/request.ts";
import { CHAT_FIELD_NAMES } from "../openai-chat/client-request.ts";

/**
 * What Responses call a neutral field. Fields that Responses do not have (stop, n, seed, penalties: wire.md fact 3) keep chat's
 * name, which is what their clients know.
 */
const NAMES: Readonly<Record<RequestField, string>> = {
  ...CHAT_FIELD_NAMES,
  system: "instructions",
  messages: "input",
  maxOutputTokens: "max_output_tokens",
  reasoning: "reasoning",
  responseFormat: "text.format",
  verbosity: "text.verbosity",
  logprobs: "include",
};

export function fieldName(field: RequestField): string {
  return NAMES[field];
}
