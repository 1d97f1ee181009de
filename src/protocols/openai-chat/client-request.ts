import { EFFORTS, EMPTY_REQUEST, type LlmRequest, type RequestField, type ResponseFormat } from "../../llm/request.ts";
import {
  type JsonRecord,
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
import { readConversation } from "./client-messages.ts";
import { readToolChoice, readTools } from "./client-tools.ts";

/**
 * A chat completion request (spec 2.3.0, SDK typing ChatCompletionCreateParams), with what compatible vendors' clients add to it:
 * `top_k`, `cache_control`, `reasoning_content`. A field that only repeats its default (n: 1, logprobs: false) counts as not said:
 * clients send those by themselves, and no upstream need refuse them.
 */
export function decodeChatRequest(body: unknown): LlmRequest {
  const fields = readRecord(body, "body");
  const model = readString(fields.model, "model");
  const { system, messages, extra } = readConversation(fields.messages, "messages");
  const { tools, hostedTools } = readTools(fields);
  const effort = optionalOneOf(fields.reasoning_effort, EFFORTS, "reasoning_effort");
  const candidates = optionalInteger(fields.n, "n", 1);
  return {
    ...EMPTY_REQUEST,
    model,
    stream: optionalBoolean(fields.stream, "stream") ?? false,
    includeUsage: readIncludeUsage(fields.stream_options),
    system,
    messages,
    tools,
    hostedTools,
    toolChoice: readToolChoice(fields),
    parallelToolCalls: readParallel(fields),
    maxOutputTokens:
      optionalInteger(fields.max_completion_tokens, "max_completion_tokens", 1) ??
      optionalInteger(fields.max_tokens, "max_tokens", 1),
    temperature: optionalNumber(fields.temperature, "temperature"),
    topP: optionalNumber(fields.top_p, "top_p"),
    topK: optionalNumber(fields.top_k, "top_k"),
    stop: readStop(fields.stop),
    reasoning: effort === null ? null : { effort, budgetTokens: null, visible: null },
    responseFormat: readResponseFormat(fields.response_format),
    verbosity: optionalOneOf(fields.verbosity, ["low", "medium", "high"], "verbosity"),
    candidates: candidates === 1 ? null : candidates,
    seed: optionalNumber(fields.seed, "seed"),
    frequencyPenalty: optionalNumber(fields.frequency_penalty, "frequency_penalty"),
    presencePenalty: optionalNumber(fields.presence_penalty, "presence_penalty"),
    logitBias: readMap(fields.logit_bias, "logit_bias", (value, path) => optionalNumber(value, path) ?? 0),
    logprobs: optionalBoolean(fields.logprobs, "logprobs") || null,
    topLogprobs: optionalInteger(fields.top_logprobs, "top_logprobs"),
    modalities: readModalities(fields.modalities),
    user: optionalString(fields.safety_identifier, "safety_identifier") ?? optionalString(fields.user, "user"),
    metadata: readMap(fields.metadata, "metadata", readString),
    serviceTier: optionalString(fields.service_tier, "service_tier"),
    promptCacheKey: optionalString(fields.prompt_cache_key, "prompt_cache_key"),
    extra: Object.fromEntries([...unknownFields(fields), ...extra]),
  };
}

/** What chat completions call a neutral field. Those they do not have get the name that compatible vendors use. */
export const CHAT_FIELD_NAMES: Readonly<Record<RequestField, string>> = {
  model: "model",
  stream: "stream",
  includeUsage: "stream_options",
  system: "messages",
  messages: "messages",
  tools: "tools",
  hostedTools: "tools",
  toolChoice: "tool_choice",
  parallelToolCalls: "parallel_tool_calls",
  maxOutputTokens: "max_completion_tokens",
  temperature: "temperature",
  topP: "top_p",
  topK: "top_k",
  stop: "stop",
  reasoning: "reasoning_effort",
  responseFormat: "response_format",
  verbosity: "verbosity",
  candidates: "n",
  seed: "seed",
  frequencyPenalty: "frequency_penalty",
  presencePenalty: "presence_penalty",
  logitBias: "logit_bias",
  logprobs: "logprobs",
  topLogprobs: "top_logprobs",
  modalities: "modalities",
  user: "user",
  metadata: "metadata",
  serviceTier: "service_tier",
  promptCacheKey: "prompt_cache_key",
};

const KNOWN: ReadonlySet<string> = new Set([
  ...Object.values(CHAT_FIELD_NAMES),
  "functions",
  "function_call",
  "max_tokens",
  "safety_identifier",
  "web_search_options",
]);

/** Fields without a neutral name (`audio`, `prediction`, a vendor's own). `store: false` is what happens anyway. */
function unknownFields(fields: JsonRecord): [string, unknown][] {
  return Object.entries(fields).filter(
    ([name, value]) => !KNOWN.has(name) && value !== null && !(name === "store" && value === false),
  );
}

function readIncludeUsage(value: unknown): boolean {
  const options = optionalRecord(value, "stream_options");
  return optionalBoolean(options?.include_usage, "stream_options.include_usage") ?? false;
}

/** The legacy answer has room for one call only. */
function readParallel(fields: JsonRecord): boolean | null {
  const said = optionalBoolean(fields.parallel_tool_calls, "parallel_tool_calls");
  return isLegacyFunctions(fields) ? false : said;
}

/** The client speaks `functions` and `function_call` and knows nothing of `tool_calls`. */
export function isLegacyFunctions(body: JsonRecord): boolean {
  return Array.isArray(body.functions) && body.functions.length > 0 && !Array.isArray(body.tools);
}

function readStop(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (value !== undefined && value !== null && !Array.isArray(value)) {
    throw wrongField("stop", "a string or an array of strings");
  }
  return optionalList(value, "stop").map((each, index) => readString(each, `stop[${index}]`));
}

function readResponseFormat(value: unknown): ResponseFormat | null {
  const format = optionalRecord(value, "response_format");
  if (format === null) return null;
  const type = oneOf(format.type, ["text", "json_object", "json_schema"], "response_format.type");
  if (type !== "json_schema") return { type };
  const path = "response_format.json_schema";
  const named = readRecord(format.json_schema, path);
  return {
    type,
    name: optionalString(named.name, `${path}.name`),
    description: optionalString(named.description, `${path}.description`),
    schema: optionalRecord(named.schema, `${path}.schema`) ?? {},
    strict: optionalBoolean(named.strict, `${path}.strict`),
  };
}

const MODALITIES = ["text", "image", "audio"] as const;

function readModalities(value: unknown): LlmRequest["modalities"] {
  const list = optionalList(value, "modalities").map((each, index) => oneOf(each, MODALITIES, `modalities[${index}]`));
  return list.every((each) => each === "text") ? null : list;
}

function optionalOneOf<T extends string>(value: unknown, allowed: readonly T[], path: string): T | null {
  return value === undefined || value === null ? null : oneOf(value, allowed, path);
}

function readMap<T>(value: unknown, path: string, read: (value: unknown, path: string) => T): Record<string, T> | null {
  const record = optionalRecord(value, path);
  if (record === null) return null;
  return Object.fromEntries(Object.entries(record).map(([name, each]) => [name, read(each, `${path}.${name}`)]));
}
