import {
  EFFORTS,
  EMPTY_REQUEST,
  type LlmRequest,
  type Reasoning,
  type RequestField,
  type ResponseFormat,
  type TextPart,
} from "../../llm/request.ts";
import {
  isRecord,
  oneOf,
  optionalBoolean,
  optionalInteger,
  optionalList,
  optionalNumber,
  optionalRecord,
  optionalString,
  readRecord,
  readString,
  wrongField,
} from "../fields.ts";
import type { Extra } from "./client-blocks.ts";
import { readTexts } from "./client-content.ts";
import { readMessages } from "./client-messages.ts";
import { readToolChoice, readTools } from "./client-tools.ts";

/** A body of POST /v1/messages. Throws GatewayError 400 with the path of the first wrong field. */
export function decodeRequest(body: unknown): LlmRequest {
  return readBody(body, true);
}

/** A body of POST /v1/messages/count_tokens, which has no `max_tokens`. */
export function decodeCountRequest(body: unknown): LlmRequest {
  return readBody(body, false);
}

function readBody(value: unknown, needsMaxTokens: boolean): LlmRequest {
  if (!isRecord(value)) throw wrongField("body", "an object");
  const body = value;
  const extra: Extra = {};
  for (const [name, field] of Object.entries(body)) {
    if (!KNOWN.has(name) && field !== undefined && field !== null) extra[name] = field;
  }
  const metadata = optionalRecord(body.metadata, "metadata");
  for (const name of Object.keys(metadata ?? {})) {
    if (name !== "user_id") extra[`metadata.${name}`] = metadata?.[name];
  }
  const serviceTier = optionalString(body.service_tier, "service_tier");
  return {
    ...EMPTY_REQUEST,
    model: readString(body.model, "model"),
    maxOutputTokens: readMaxTokens(body.max_tokens, needsMaxTokens),
    stream: optionalBoolean(body.stream, "stream") ?? false,
    system: readSystem(body.system, extra),
    messages: readMessages(body.messages, extra),
    ...readTools(body.tools, extra),
    ...readToolChoice(body.tool_choice),
    temperature: optionalNumber(body.temperature, "temperature"),
    topP: optionalNumber(body.top_p, "top_p"),
    topK: optionalInteger(body.top_k, "top_k"),
    stop: optionalList(body.stop_sequences, "stop_sequences").map((each, index) =>
      readString(each, `stop_sequences[${index}]`),
    ),
    ...readThinking(body, extra),
    user: optionalString(metadata?.user_id, "metadata.user_id"),
    // The neutral value is OpenAI's word, which most vendors know.
    serviceTier: serviceTier === "standard_only" ? "default" : serviceTier,
    extra,
  };
}

const KNOWN = new Set([
  "model",
  "max_tokens",
  "stream",
  "system",
  "messages",
  "tools",
  "tool_choice",
  "temperature",
  "top_p",
  "top_k",
  "stop_sequences",
  "thinking",
  "output_config",
  "output_format",
  "metadata",
  "service_tier",
]);

/** The typing demands it. 0 (fill the prompt cache, answer nothing) means something to Anthropic alone. */
function readMaxTokens(value: unknown, isNeeded: boolean): number | null {
  if (isNeeded && (value === undefined || value === null))
    throw wrongField("max_tokens", "a whole number of at least 1");
  return optionalInteger(value, "max_tokens", isNeeded ? 1 : 0);
}

/**
 * Claude Code's first system block is a header for Anthropic's billing, not for the model, and a part of it changes with every
 * request: at the head of the prompt it would keep every vendor's prefix cache from ever being hit
 * (anthropics/claude-code#68900, llama.cpp#20623). It is left out and reported.
 */
const BILLING_HEADER = "x-anthropic-billing-header:";

function readSystem(value: unknown, extra: Extra): TextPart[] {
  return readTexts(value, "system").filter(({ text }, index) => {
    const isHeader = text.startsWith(BILLING_HEADER) && !text.includes("\n");
    if (isHeader) extra[typeof value === "string" ? "system" : `system[${index}]`] = text;
    return !isHeader;
  });
}

function readThinking(
  body: Readonly<Record<string, unknown>>,
  extra: Extra,
): Pick<LlmRequest, "reasoning" | "responseFormat"> {
  const config = optionalRecord(body.output_config, "output_config");
  for (const [name, field] of Object.entries(config ?? {})) {
    if (name !== "effort" && name !== "format") extra[`output_config.${name}`] = field;
  }
  const saysEffort = config?.effort !== undefined && config.effort !== null;
  const effort = saysEffort ? oneOf(config.effort, EFFORTS, "output_config.effort") : null;
  // `output_format` is what the field was called while it was a beta.
  const isNew = config?.format !== undefined && config.format !== null;
  return {
    reasoning: readReasoning(body.thinking, effort, extra),
    responseFormat: isNew
      ? readFormat(config.format, "output_config.format")
      : readFormat(body.output_format, "output_format"),
  };
}

function readReasoning(value: unknown, effort: Reasoning["effort"], extra: Extra): Reasoning | null {
  const thinking = optionalRecord(value, "thinking");
  if (thinking === null) return effort === null ? null : { effort, budgetTokens: null, visible: null };
  const type = oneOf(thinking.type, ["adaptive", "enabled", "disabled", "between_tools"], "thinking.type");
  switch (type) {
    case "disabled":
      return { effort: "none", budgetTokens: null, visible: null };
    case "between_tools": // no other vendor can be told when to think
      extra["thinking.type"] = type;
      return { effort, budgetTokens: null, visible: null };
    case "adaptive":
      return { effort, budgetTokens: null, visible: isShown(thinking.display) };
    case "enabled": {
      const budget = optionalInteger(thinking.budget_tokens, "thinking.budget_tokens", 1);
      if (budget === null) throw wrongField("thinking.budget_tokens", "a whole number of at least 1024");
      return { effort, budgetTokens: budget, visible: isShown(thinking.display) };
    }
  }
}

/** Who asks for thinking gets to see it, unless it says otherwise. */
function isShown(display: unknown): boolean {
  return optionalString(display, "thinking.display") !== "omitted";
}

function readFormat(value: unknown, path: string): ResponseFormat | null {
  const format = optionalRecord(value, path);
  if (format === null) return null;
  oneOf(format.type, ["json_schema"], `${path}.type`);
  const schema = readRecord(format.schema, `${path}.schema`);
  return { type: "json_schema", name: null, description: null, schema, strict: null };
}

const NAMES: Partial<Record<RequestField, string>> = {
  includeUsage: "stream",
  hostedTools: "tools",
  toolChoice: "tool_choice",
  parallelToolCalls: "tool_choice.disable_parallel_tool_use",
  maxOutputTokens: "max_tokens",
  topP: "top_p",
  topK: "top_k",
  stop: "stop_sequences",
  reasoning: "thinking",
  responseFormat: "output_config.format",
  user: "metadata.user_id",
  serviceTier: "service_tier",
};

/** Fields that this format does not have are never asked for; they keep their neutral name. */
export function fieldName(field: RequestField): string {
  return NAMES[field] ?? field;
}
