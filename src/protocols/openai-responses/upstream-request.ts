import { fitEffort, wantedEffort } from "../../llm/effort.ts";
import type { Effort, LlmRequest, RequestField, ResponseFormat } from "../../llm/request.ts";
import type { EncodedRequest, UpstreamTarget } from "../codec.ts";
import { leaveOutFields } from "../foreign-fields.ts";
import { partLosses } from "../part-losses.ts";
import { fitToolNames, OPENAI_NAMES } from "../tool-names.ts";
import { refuseField, refuseOutputKinds, refuseProbabilities, refuseSeveralAnswers } from "../unsupported.ts";
import { writeInput } from "./upstream-input.ts";
import { writeToolChoice, writeTools } from "./upstream-tools.ts";

/**
 * The bridge to POST /v1/responses (wire.md fact 2, 2.1, 2.7). Nothing is stored at OpenAI; thoughts come back encrypted, so that the
 * next turn can bring them.
 */
export function encodeRequest(request: LlmRequest, target: UpstreamTarget): EncodedRequest {
  refuseUnsupported(request, target);
  const dropped = new Set<string>();
  const drop = (field: RequestField) => dropped.add(target.fieldName(field));
  const names = fitToolNames(request, OPENAI_NAMES);
  const tools = writeTools(request, names, dropped);
  const reasoning = writeReasoning(request, target, drop);
  const text = writeTextConfig(request);
  const body: Record<string, unknown> = {
    model: target.model,
    input: writeInput(request, target, names),
    store: false,
    include: ["reasoning.encrypted_content"],
  };
  if (request.stream) body.stream = true;
  if (tools.length > 0) {
    body.tools = tools;
    if (request.toolChoice !== null) body.tool_choice = writeToolChoice(request.toolChoice, request, names);
    if (request.parallelToolCalls !== null) body.parallel_tool_calls = request.parallelToolCalls;
  }
  if (request.maxOutputTokens !== null) body.max_output_tokens = Math.max(MIN_OUTPUT_TOKENS, request.maxOutputTokens);
  if (reasoning !== null) body.reasoning = reasoning;
  if (text !== null) body.text = text;
  writeSampling(request, target, { body, drop, thinks: reasoning !== null && reasoning.effort !== "none" });
  writeAccounting(request, { body, drop });
  const losses = partLosses(request, target, { names: false, detail: true, strict: true });
  for (const name of losses) dropped.add(name);
  for (const field of UNKNOWN_HERE) if (request[field] !== null) drop(field);
  const left = leaveOutFields(request, (name, value) => {
    if (SHARED.has(name)) body[name] = value;
    return SHARED.has(name);
  });
  for (const name of left) dropped.add(name);
  return { body, dropped: [...dropped], toolNames: names.toClient, headers: {}, query: "" };
}

/** OpenAPI 2.3.0: max_output_tokens is at least 16. */
const MIN_OUTPUT_TOKENS = 16;

/** Fields of OpenAI's chat without a neutral name that mean the same here. */
const SHARED = new Set(["prompt_cache_options", "prompt_cache_retention"]);

/** They steer, and Responses do not have them (wire.md fact 3): left out and reported. */
const UNKNOWN_HERE = ["topK", "seed", "frequencyPenalty", "presencePenalty", "logitBias"] as const;

/** Without these the answer would not be what was asked for (wire.md section 3). */
function refuseUnsupported(request: LlmRequest, target: UpstreamTarget): void {
  refuseSeveralAnswers(request, target);
  refuseOutputKinds(request, target, []);
  if (request.stop.length > 0) throw refuseField(target, "stop", "this model's endpoint has no stop sequences.");
}

interface WrittenReasoning {
  effort?: Effort;
  summary?: "auto";
}

/** Summaries are asked for only where they are wanted: OpenAI refuses them to organisations that it has not verified. */
function writeReasoning(
  { reasoning }: LlmRequest,
  { traits }: UpstreamTarget,
  drop: (field: RequestField) => void,
): WrittenReasoning | null {
  if (reasoning === null) return null;
  if (traits.thinking === "none") {
    if (reasoning.effort !== "none") drop("reasoning");
    return null;
  }
  const effort = fitEffort(wantedEffort(reasoning), traits.efforts);
  const written: WrittenReasoning = {};
  if (effort !== null) written.effort = effort;
  if (reasoning.visible === true && reasoning.effort !== "none") written.summary = "auto";
  return Object.keys(written).length === 0 ? null : written;
}

function writeTextConfig({ responseFormat, verbosity }: LlmRequest): object | null {
  if (responseFormat === null && verbosity === null) return null;
  return {
    ...(responseFormat === null ? {} : { format: writeFormat(responseFormat) }),
    ...(verbosity === null ? {} : { verbosity }),
  };
}

/** Typing ResponseFormatTextJSONSchemaConfig: the name is required. `strict` as chat's default has it. */
function writeFormat(format: ResponseFormat): object {
  if (format.type !== "json_schema") return format;
  const { type, name, description, schema, strict } = format;
  return {
    type,
    name: name ?? "answer",
    ...(description === null ? {} : { description }),
    schema,
    strict: strict ?? false,
  };
}

interface Sink {
  readonly body: Record<string, unknown>;
  readonly drop: (field: RequestField) => void;
}

/** A model that thinks refuses sampling and token probabilities (wire.md fact 2); else the latter would be asked for in vain. */
function writeSampling(
  request: LlmRequest,
  target: UpstreamTarget,
  { body, drop, thinks }: Sink & { thinks: boolean },
): void {
  const isTaken = target.traits.sampling && !thinks;
  if (request.temperature !== null) {
    if (isTaken) body.temperature = request.temperature;
    else drop("temperature");
  }
  if (request.topP !== null) {
    if (isTaken) body.top_p = request.topP;
    else drop("topP");
  }
  if (isTaken) refuseProbabilities(request, target);
  for (const field of ["logprobs", "topLogprobs"] as const) {
    if (request[field]) drop(field);
  }
}

/** Typing safety_identifier: at most 128 characters. Claude Code's user id is a longer JSON text. */
const MAX_USER = 128;

/** Typing ServiceTier; the decoders of other formats put their own words into these. */
const TIERS = new Set(["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"]);

function writeAccounting(request: LlmRequest, { body, drop }: Sink): void {
  if (request.user !== null) {
    if (request.user.length <= MAX_USER) body.safety_identifier = request.user;
    else drop("user");
  }
  if (request.metadata !== null) body.metadata = request.metadata;
  if (request.serviceTier !== null) {
    if (TIERS.has(request.serviceTier)) body.service_tier = request.serviceTier;
    else drop("serviceTier");
  }
  if (request.promptCacheKey !== null) body.prompt_cache_key = request.promptCacheKey;
}
