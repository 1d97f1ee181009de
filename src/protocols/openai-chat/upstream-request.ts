import { fitEffort, wantedEffort } from "../../llm/effort.ts";
import type { Effort, LlmRequest, RequestField, ResponseFormat } from "../../llm/request.ts";
import type { EncodedRequest, UpstreamTarget } from "../codec.ts";
import { leaveOutFields } from "../foreign-fields.ts";
import { partLosses } from "../part-losses.ts";
import { fitToolNames, OPENAI_NAMES } from "../tool-names.ts";
import { refuseField, refuseOutputKinds, refuseProbabilities } from "../unsupported.ts";
import { USER_NAME, writeMessages } from "./upstream-messages.ts";
import { searchFields, writeTools } from "./upstream-tools.ts";

type Fields = Record<string, unknown>;

/** Writes fields, or names what it leaves out. */
interface Draft {
  readonly request: LlmRequest;
  readonly target: UpstreamTarget;
  readonly drop: (field: RequestField) => void;
}

/** A chat completion request for OpenAI, Azure or a compatible server. */
export function encodeChatRequest(request: LlmRequest, target: UpstreamTarget): EncodedRequest {
  const dropped = new Set<string>();
  const draft: Draft = { request, target, drop: (field) => dropped.add(target.fieldName(field)) };
  const { toUpstream, toClient } = fitToolNames(request, OPENAI_NAMES);
  refuse(draft);
  const format = writeFormat(draft);
  const body: Fields = {
    model: target.model,
    messages: writeMessages(request, { target, toUpstream, instruction: format.instruction }),
    ...streamFields(draft),
    ...writeTools(request, { target, toUpstream, drop: draft.drop }),
    ...searchFields(request, target, (path) => dropped.add(path)),
    ...lengthFields(draft),
    ...reasoningFields(draft),
    ...samplingFields(draft),
    ...format.fields,
    ...otherFields(draft),
  };
  const losses = partLosses(request, target, { names: USER_NAME, detail: true, strict: true });
  for (const name of [...losses, ...leaveOutFields(request)]) dropped.add(name);
  return { body, dropped: [...dropped], toolNames: toClient, headers: {}, query: "" };
}

/** OpenAI's StopConfiguration: maxItems 4. */
const MAX_STOP = 4;

/** What changes the answer and cannot be carried (wire.md 3). */
function refuse({ request, target }: Draft): void {
  const isCompatible = target.kind === "openai-compatible";
  refuseProbabilities(request, target);
  // OpenRouter's image models take `modalities` with "image"; sound would need a voice that the client did not name.
  refuseOutputKinds(request, target, isCompatible ? ["image"] : []);
  if (request.stop.filter(isSaid).length > MAX_STOP && !isCompatible) {
    throw refuseField(target, "stop", `this model takes at most ${MAX_STOP} stop sequences.`);
  }
}

function isSaid(text: string): boolean {
  return text !== "";
}

function streamFields({ request, target }: Draft): Fields {
  if (!request.stream) return {};
  // Always asked for, for our own accounts; the client's wish is minded when the answer is written.
  return target.quirks.has("no_stream_options")
    ? { stream: true }
    : { stream: true, stream_options: { include_usage: true } };
}

/** Reasoning models refuse `max_tokens`, compatible servers often know nothing else. */
function lengthFields({ request, target }: Draft): Fields {
  const { maxOutputTokens: wanted } = request;
  if (wanted === null) return {};
  if (target.kind === "openai-compatible") return { max_tokens: wanted };
  // More than the model gives is a 400 at OpenAI and Azure, where other vendors just stop.
  const tokens = Math.min(wanted, target.traits.maxOutputTokens);
  return target.quirks.has("max_tokens_only") ? { max_tokens: tokens } : { max_completion_tokens: tokens };
}

function reasoningFields({ request, target, drop }: Draft): Fields {
  const wanted = wantedEffort(request.reasoning);
  if (target.traits.thinking === "none") {
    if (wanted !== null && wanted !== "none") drop("reasoning");
    return {};
  }
  const effort = askedEffort(request, target);
  if (effort === null && wanted !== null) drop("reasoning");
  return effort === null ? {} : { reasoning_effort: effort };
}

/** Null: nothing is said of reasoning. */
function askedEffort({ reasoning }: LlmRequest, { kind, traits }: UpstreamTarget): Effort | null {
  if (traits.thinking === "none") return null;
  // A compatible server's model may not reason at all: asked for a low effort in place of none, it could refuse.
  const wanted = wantedEffort(reasoning);
  const isUnknownNone = wanted === "none" && !traits.efforts.includes("none");
  return isUnknownNone && kind === "openai-compatible" ? null : fitEffort(wanted, traits.efforts);
}

function samplingFields({ request, target, drop }: Draft): Fields {
  const { temperature, topP, topK, seed, frequencyPenalty, presencePenalty, logitBias, stop } = request;
  const effort = askedEffort(request, target);
  // OpenAI's models take no sampling parameters while they reason (wire.md 0.2).
  const isReasoning = target.kind !== "openai-compatible" && effort !== null && effort !== "none";
  const isTaken = target.traits.sampling && !isReasoning;
  const fields: Fields = {};
  const put = (field: RequestField, name: string, value: unknown) => {
    if (value === null) return;
    if (isTaken) fields[name] = value;
    else drop(field);
  };
  put("temperature", "temperature", temperature);
  put("topP", "top_p", topP);
  put("frequencyPenalty", "frequency_penalty", frequencyPenalty);
  put("presencePenalty", "presence_penalty", presencePenalty);
  put("logitBias", "logit_bias", logitBias);
  if (topK !== null) drop("topK");
  if (seed !== null) fields.seed = seed;
  const sequences = stop.filter(isSaid);
  if (sequences.length > 0) fields.stop = sequences;
  return fields;
}

interface WrittenFormat {
  readonly fields: Fields;
  /** What the model must be told because the field alone does not. */
  readonly instruction: string | null;
}

function writeFormat({ request, target, drop }: Draft): WrittenFormat {
  const format = request.responseFormat;
  if (format === null) return { fields: {}, instruction: null };
  const jsonMode = { response_format: { type: "json_object" } };
  if (format.type !== "json_schema") {
    if (format.type === "text") return { fields: {}, instruction: null };
    return { fields: jsonMode, instruction: mentionsJson(request) ? null : "Answer with a JSON object." };
  }
  if (!target.quirks.has("no_json_schema") && target.traits.structuredOutput) {
    return { fields: { response_format: schemaFormat(format) }, instruction: null };
  }
  drop("responseFormat"); // the schema becomes a request to the model and is no longer enforced
  const schema = JSON.stringify(format.schema);
  return { fields: jsonMode, instruction: `Answer with a JSON object that fits this JSON Schema:\n${schema}` };
}

function schemaFormat({ name, description, schema, strict }: Extract<ResponseFormat, { type: "json_schema" }>) {
  const fitted = (name ?? "").replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64);
  return {
    type: "json_schema",
    json_schema: {
      name: fitted === "" ? "answer" : fitted, // a must here, unlike elsewhere
      ...(description === null ? {} : { description }),
      schema,
      ...(strict === null ? {} : { strict }),
    },
  };
}

/** OpenAI refuses json_object unless the word stands somewhere in the messages. */
function mentionsJson({ system, messages }: LlmRequest): boolean {
  const says = (part: { readonly type: string; readonly text?: string }) =>
    part.type === "text" && /json/i.test(part.text ?? "");
  return (
    system.some(says) ||
    messages.some((message) =>
      message.role === "tool" ? message.results.some(({ parts }) => parts.some(says)) : message.parts.some(says),
    )
  );
}

/** OpenAI's own limit on `user`, which Claude Code's metadata.user_id (a JSON text) exceeds. */
const LONGEST_USER = 64;

function otherFields({ request, target, drop }: Draft): Fields {
  const { verbosity, candidates, modalities, user, metadata, serviceTier, promptCacheKey } = request;
  const fields: Fields = {};
  if (candidates !== null) fields.n = candidates;
  if (modalities !== null) fields.modalities = modalities;
  const put = (field: RequestField, name: string, value: unknown, isTaken: boolean) => {
    if (value === null) return;
    if (isTaken) fields[name] = value;
    else drop(field);
  };
  const isOpenAi = target.kind === "openai";
  put("verbosity", "verbosity", verbosity, target.kind !== "openai-compatible");
  put("user", "user", user, user !== null && user.length <= LONGEST_USER);
  // Anthropic's "standard_only" is OpenAI's "default".
  const tier = serviceTier === "standard_only" ? "default" : serviceTier;
  put("serviceTier", "service_tier", tier, isOpenAi && tier !== null && TIERS.has(tier));
  put("promptCacheKey", "prompt_cache_key", promptCacheKey, isOpenAi);
  // Taken only together with `store: true`.
  if (metadata !== null) drop("metadata");
  return fields;
}

const TIERS: ReadonlySet<string> = new Set(["auto", "default", "flex", "scale", "priority", "fast"]);
