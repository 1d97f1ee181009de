import { EMPTY_REQUEST, type LlmRequest } from "../../llm/request.ts";
import { optionalString } from "../fields.ts";
import { readGenerationConfig } from "./client-config.ts";
import { readContents, readTexts } from "./client-contents.ts";
import { readToolChoice, readTools } from "./client-tools.ts";
import { keepRest, readFields } from "./spelling.ts";

/** A generateContent body, in either spelling; model and streaming stand in its path. */
export function decodeGeminiRequest(
  body: unknown,
  path: { readonly model: string | null; readonly stream: boolean },
): LlmRequest {
  const extra: Record<string, unknown> = {};
  const fields = readFields(body, "");
  const model = optionalString(fields.get("model"), "model");
  const messages = readContents(fields.get("contents"), fields.path("contents"), extra);
  const system = fields.get("systemInstruction");
  const tools = readTools(fields.get("tools"), fields.path("tools"), extra);
  const toolChoice = readToolChoice(fields.get("toolConfig"), fields.path("toolConfig"), extra);
  const config = readGenerationConfig(fields.get("generationConfig"), fields.path("generationConfig"), extra);
  const tier = optionalString(fields.get("serviceTier"), fields.path("serviceTier"));
  const request: LlmRequest = {
    ...EMPTY_REQUEST,
    ...config,
    ...tools,
    model: path.model ?? model ?? "",
    stream: path.stream,
    system: system === undefined ? [] : readTexts(system, fields.path("systemInstruction"), extra),
    messages,
    // Others refuse a choice among no tools.
    toolChoice: tools.tools.length === 0 ? null : toolChoice,
    serviceTier: serviceTierOf(tier),
    extra,
  };
  keepRest(fields, extra);
  return request;
}

/** SDK typing `ServiceTier`; the neutral words are OpenAI's. */
function serviceTierOf(tier: string | null): string | null {
  const name = tier?.toLowerCase() ?? null;
  if (name === "standard") return "default";
  return name === "unspecified" ? null : name;
}
