import type { LlmRequest, Message, RequestField, ResponseFormat, TextPart } from "../../llm/request.ts";
import type { EncodedRequest, UpstreamTarget } from "../codec.ts";
import { leaveOutFields } from "../foreign-fields.ts";
import { partLosses } from "../part-losses.ts";
import { fitToolNames, OPENAI_NAMES } from "../tool-names.ts";
import { refuseOutputKinds, refuseProbabilities, refuseSeveralAnswers } from "../unsupported.ts";
import { limitBreakpoints } from "./cache-breakpoints.ts";
import { compilableSchema } from "./schema.ts";
import { type Block, textBlocks } from "./upstream-content.ts";
import { encodeTurns } from "./upstream-messages.ts";
import { type EncodedThinking, encodeThinking } from "./upstream-thinking.ts";
import { encodeTools } from "./upstream-tools.ts";

/** Sampling parameters are a 400 on the newer one, even at their defaults (wire.md fact 1). */
const VERSION = "2026-10-21";
const SAMPLING_VERSION = "2023-06-01";

type Report = (field: RequestField) => void;

/** A body for POST /v1/messages (wire.md 2.3, @anthropic-ai/sdk 1.11 MessageCreateParams). */
export function encodeRequest(request: LlmRequest, target: UpstreamTarget): EncodedRequest {
  refuse(request, target);
  const { structuredOutput } = target.traits;
  const dropped = new Set([
    ...leaveOutFields(request),
    ...partLosses(request, target, { names: false, detail: false, strict: structuredOutput }),
  ]);
  const drop: Report = (field) => dropped.add(target.fieldName(field));
  dropUnknown(request, drop);

  const names = fitToolNames(request, OPENAI_NAMES);
  const { system, messages } = hoistSystem(request);
  const turns = encodeTurns(messages, { target, toolName: names.toUpstream, onLoss: () => drop("messages") });
  const format = encodeFormat(request.responseFormat, target);
  if (format.isDropped) drop("responseFormat");
  const systemBlocks = [...system.flatMap(textBlocks), ...format.system];
  const tools = encodeTools(request, target, { toolName: names.toUpstream, report: (path) => dropped.add(path) });
  limitBreakpoints(
    [...(tools.tools ?? []), ...systemBlocks],
    turns.flatMap(({ content }) => content),
  );
  const thinking = encodeThinking(request, target.traits);
  if (thinking.isDropped) drop("reasoning");
  const sampling = encodeSampling(request, target, thinking, drop);
  const outputConfig = {
    ...(thinking.effort === undefined ? {} : { effort: thinking.effort }),
    ...(format.schema === null ? {} : { format: { type: "json_schema", schema: format.schema } }),
  };

  return {
    body: {
      model: target.model,
      max_tokens: thinking.maxTokens,
      ...(systemBlocks.length === 0 ? {} : { system: systemBlocks }),
      messages: turns,
      ...tools,
      ...(thinking.thinking === undefined ? {} : { thinking: thinking.thinking }),
      ...(Object.keys(outputConfig).length === 0 ? {} : { output_config: outputConfig }),
      ...sampling,
      ...encodeStop(request.stop, drop),
      ...encodeUser(request.user, drop),
      ...encodeTier(request.serviceTier, drop),
      ...(request.stream ? { stream: true } : {}),
    },
    dropped: [...dropped],
    toolNames: names.toClient,
    headers: { "anthropic-version": Object.keys(sampling).length > 0 ? SAMPLING_VERSION : VERSION },
    query: "",
  };
}

function refuse(request: LlmRequest, target: UpstreamTarget): void {
  refuseSeveralAnswers(request, target);
  refuseProbabilities(request, target);
  refuseOutputKinds(request, target, []);
}

const NO_COUNTERPART = [
  "seed",
  "frequencyPenalty",
  "presencePenalty",
  "logitBias",
  "verbosity",
  "metadata",
  "promptCacheKey",
] as const;

function dropUnknown(request: LlmRequest, drop: Report): void {
  for (const field of NO_COUNTERPART) {
    const value = request[field];
    const isEmpty = value === null || (typeof value === "object" && Object.keys(value).length === 0);
    const isNoPenalty = value === 0 && field !== "seed";
    if (!isEmpty && !isNoPenalty) drop(field);
  }
}

/** System texts stand before the conversation; those within it stay there. */
function hoistSystem({ system, messages }: LlmRequest): {
  readonly system: readonly TextPart[];
  readonly messages: readonly Message[];
} {
  const start = messages.findIndex(({ role }) => role !== "system" && role !== "developer");
  const leading = messages.slice(0, start < 0 ? messages.length : start);
  const texts = leading.flatMap((message) =>
    message.role === "system" || message.role === "developer" ? message.parts : [],
  );
  return { system: [...system, ...texts], messages: messages.slice(leading.length) };
}

interface EncodedFormat {
  readonly schema: Block | null;
  /** What the model is asked for in words, where nothing enforces it. */
  readonly system: Block[];
  readonly isDropped: boolean;
}

/**
 * A schema is enforced where the model can. What it cannot (any JSON at all; a schema on older models) it is told, behind the cached
 * part of the prompt, and the guarantee is reported as dropped.
 */
function encodeFormat(format: ResponseFormat | null, { traits }: UpstreamTarget): EncodedFormat {
  if (format === null || format.type === "text") return { schema: null, system: [], isDropped: false };
  if (format.type === "json_schema" && traits.structuredOutput) {
    const schema = compilableSchema(format.schema);
    const isDescribed = format.description === null || schema.description !== undefined;
    return {
      schema: isDescribed ? schema : { ...schema, description: format.description },
      system: [],
      isDropped: false,
    };
  }
  const schema =
    format.type === "json_schema" ? ` It must fit this JSON schema:\n${JSON.stringify(format.schema)}` : "";
  const text = `Answer with one JSON object and nothing else, no words around it and no code fence.${schema}`;
  return { schema: null, system: [{ type: "text", text }], isDropped: true };
}

/** OpenAI's temperature goes to 2, Anthropic's to 1. Newer models take either temperature or top_p, not both. */
function encodeSampling(
  { temperature, topP, topK }: LlmRequest,
  { traits }: UpstreamTarget,
  { forbidsSampling }: EncodedThinking,
  drop: Report,
): Block {
  const sampling: Block = {};
  const isTaken = traits.sampling && !forbidsSampling;
  const clipped = temperature === null ? null : Math.min(1, Math.max(0, temperature));
  if (isTaken && clipped !== null) sampling.temperature = clipped;
  else if (temperature !== null && !(traits.sampling && temperature === 1)) drop("temperature");
  if (topP !== null) {
    const isAlone = clipped === null || clipped === 1;
    // With a thinking budget top_p may be from 0.95 to 1 (docs "Extended thinking").
    const isFine = traits.sampling && isAlone && (isTaken || topP >= 0.95);
    if (isFine) {
      sampling.top_p = Math.min(1, Math.max(0, topP));
      delete sampling.temperature;
    } else drop("topP");
  }
  if (topK !== null) {
    if (isTaken) sampling.top_k = topK;
    else drop("topK");
  }
  return sampling;
}

/** Blank sequences are refused upstream. */
function encodeStop(stop: readonly string[], drop: Report): Block {
  const usable = stop.filter((each) => each.trim() !== "");
  if (usable.length < stop.length) drop("stop");
  return usable.length === 0 ? {} : { stop_sequences: usable };
}

/** Anthropic refuses mail addresses and telephone numbers here, and more than 256 characters (BerriAI/litellm#10106). */
function encodeUser(user: string | null, drop: Report): Block {
  if (user === null || user === "") return {};
  const isPersonal = /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(user) || /^\+[\d\s().-]{7,}$/.test(user);
  if (!isPersonal && user.length <= 256) return { metadata: { user_id: user } };
  drop("user");
  return {};
}

/** OpenAI's words (wire.md fact 3) for Anthropic's two (typing `service_tier`). */
function encodeTier(tier: string | null, drop: Report): Block {
  if (tier === null) return {};
  if (tier === "auto") return { service_tier: "auto" };
  if (tier === "default" || tier === "standard_only") return { service_tier: "standard_only" };
  drop("serviceTier");
  return {};
}
