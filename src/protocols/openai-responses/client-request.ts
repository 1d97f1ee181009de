import { EFFORTS, EMPTY_REQUEST, type LlmRequest, type Reasoning, type ResponseFormat } from "../../llm/request.ts";
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
} from "../fields.ts";
import { readInput } from "./client-input.ts";
import { readToolChoice } from "./client-tool-choice.ts";
import { readToolbox } from "./client-tools.ts";

/**
 * A body of POST /v1/responses. What lives at OpenAI (conversation, prompt, `previous_response_id`) goes to `extra`: the gateway
 * resolves it where it can and takes it out; what is left of it no upstream takes (foreign-fields.ts).
 */
export function decodeRequest(body: unknown): LlmRequest {
  const fields = readRecord(body, "body");
  const model = readString(fields.model, "model");
  optionalBoolean(fields.background, "background");
  const toolbox = readToolbox(fields);
  const { system, messages, extra } = readInput(fields.input, toolbox);
  const instructions = optionalString(fields.instructions, "instructions");
  const { choice, hosted } = readToolChoice(fields.tool_choice, toolbox);
  const text = optionalRecord(fields.text, "text") ?? {};
  const include = readInclude(fields.include);
  return {
    ...EMPTY_REQUEST,
    model,
    stream: optionalBoolean(fields.stream, "stream") ?? false,
    system: instructions ? [{ type: "text", text: instructions }, ...system] : system,
    messages,
    tools: toolbox.tools.map((each) => each.tool),
    hostedTools: hosted,
    toolChoice: choice,
    parallelToolCalls: optionalBoolean(fields.parallel_tool_calls, "parallel_tool_calls"),
    maxOutputTokens: optionalInteger(fields.max_output_tokens, "max_output_tokens", 1),
    temperature: optionalNumber(fields.temperature, "temperature"),
    topP: optionalNumber(fields.top_p, "top_p"),
    reasoning: readReasoning(fields.reasoning),
    responseFormat: readFormat(text.format),
    verbosity: text.verbosity == null ? null : oneOf(text.verbosity, VERBOSITIES, "text.verbosity"),
    logprobs: include.logprobs,
    topLogprobs: optionalInteger(fields.top_logprobs, "top_logprobs") || null,
    user: optionalString(fields.safety_identifier, "safety_identifier") ?? optionalString(fields.user, "user"),
    metadata: readMetadata(fields.metadata),
    serviceTier: optionalString(fields.service_tier, "service_tier"),
    promptCacheKey: optionalString(fields.prompt_cache_key, "prompt_cache_key"),
    extra: { ...readExtra(fields, text), ...include.extra, ...toolbox.extra, ...extra },
  };
}

const VERBOSITIES = ["low", "medium", "high"] as const;

/** Encrypted reasoning always comes back; token probabilities have a neutral field; other wishes are for OpenAI's own tools. */
function readInclude(value: unknown): { readonly logprobs: true | null; readonly extra: Record<string, unknown> } {
  const wishes = optionalList(value, "include").map((each, index) => readString(each, `include[${index}]`));
  const rest = wishes.filter((wish) => wish !== "reasoning.encrypted_content" && wish !== LOGPROBS);
  return { logprobs: wishes.includes(LOGPROBS) ? true : null, extra: rest.length === 0 ? {} : { include: rest } };
}

const LOGPROBS = "message.output_text.logprobs";

function readReasoning(value: unknown): Reasoning | null {
  const reasoning = optionalRecord(value, "reasoning");
  if (reasoning === null) return null;
  const effort = reasoning.effort == null ? null : oneOf(reasoning.effort, EFFORTS, "reasoning.effort");
  const summary =
    optionalString(reasoning.summary, "reasoning.summary") ??
    optionalString(reasoning.generate_summary, "reasoning.generate_summary"); // its deprecated name
  const visible = summary === null ? null : summary !== "none"; // "none": Codex, for models that cannot
  return effort === null && visible === null ? null : { effort, budgetTokens: null, visible };
}

function readFormat(value: unknown): ResponseFormat | null {
  const format = optionalRecord(value, "text.format");
  if (format === null) return null;
  const type = oneOf(format.type, ["text", "json_object", "json_schema"], "text.format.type");
  if (type !== "json_schema") return { type };
  return {
    type,
    name: optionalString(format.name, "text.format.name"),
    description: optionalString(format.description, "text.format.description"),
    schema: readRecord(format.schema, "text.format.schema"),
    strict: optionalBoolean(format.strict, "text.format.strict"),
  };
}

function readMetadata(value: unknown): Readonly<Record<string, string>> | null {
  const metadata = optionalRecord(value, "metadata");
  if (metadata === null || Object.keys(metadata).length === 0) return null;
  return Object.fromEntries(Object.entries(metadata).map(([key, text]) => [key, readString(text, `metadata.${key}`)]));
}

/** Fields with a neutral name or a meaning of their own above. */
const KNOWN = new Set([
  ...["model", "input", "instructions", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls"],
  ...["max_output_tokens", "temperature", "top_p", "top_logprobs", "reasoning", "text", "include", "user"],
  ...["safety_identifier", "metadata", "service_tier", "prompt_cache_key"],
]);
const KNOWN_REASONING = new Set(["effort", "summary", "generate_summary"]);
const KNOWN_TEXT = new Set(["format", "verbosity"]);

/** What nobody but OpenAI has, by path. Defaults that say nothing are left out, so that only real losses are reported. */
function readExtra(fields: JsonRecord, text: JsonRecord): Record<string, unknown> {
  const extra: Record<string, unknown> = {};
  const note = (record: JsonRecord, known: ReadonlySet<string>, prefix: string) => {
    for (const [key, value] of Object.entries(record)) {
      if (!known.has(key) && value !== null && !isDefault(prefix + key, value)) extra[prefix + key] = value;
    }
  };
  note(fields, KNOWN, "");
  note(optionalRecord(fields.reasoning, "reasoning") ?? {}, KNOWN_REASONING, "reasoning.");
  note(text, KNOWN_TEXT, "text.");
  return extra;
}

function isDefault(path: string, value: unknown): boolean {
  return (
    (path === "store" && value === false) ||
    (path === "truncation" && value === "disabled") ||
    (path === "background" && value === false)
  );
}
