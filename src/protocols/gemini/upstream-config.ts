import type { LlmRequest, RequestField, ResponseFormat } from "../../llm/request.ts";
import type { UpstreamTarget } from "../codec.ts";
import { refuseField, refuseProbabilities } from "../unsupported.ts";
import { thinkingConfig } from "./thinking.ts";
import { withoutVersion } from "./upstream-tools.ts";

const MOST_STOPS = 5;

/** `generationConfig`. `drop` takes the fields that are left out. */
export function encodeConfig(
  request: LlmRequest,
  target: UpstreamTarget,
  drop: (field: RequestField) => void,
): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  const put = (name: string, value: unknown) => {
    if (value !== null) config[name] = value;
  };
  put("maxOutputTokens", request.maxOutputTokens);
  for (const name of ["temperature", "topP", "topK"] as const) {
    if (target.traits.sampling) put(name, request[name]);
    else if (request[name] !== null) drop(name);
  }
  const stops = request.stop.filter((text) => text !== "");
  if (stops.length > MOST_STOPS)
    throw refuseField(target, "stop", `Gemini takes at most ${MOST_STOPS} stop sequences.`);
  if (stops.length > 0) config.stopSequences = stops;
  put("seed", request.seed);
  put("frequencyPenalty", request.frequencyPenalty);
  put("presencePenalty", request.presencePenalty);
  if (request.candidates !== null && request.candidates > 1) config.candidateCount = request.candidates;
  if (request.modalities?.some((kind) => kind !== "text")) {
    config.responseModalities = request.modalities.map((kind) => kind.toUpperCase());
  }
  if (request.responseFormat !== null) {
    Object.assign(config, formatFields(request.responseFormat, target.traits.structuredOutput));
    if (request.responseFormat.type === "json_schema" && !target.traits.structuredOutput) drop("responseFormat");
  }
  if (request.reasoning !== null) {
    const thinking = thinkingConfig(request.reasoning, target);
    put("thinkingConfig", thinking);
    if (thinking === null && asksForThoughts(request.reasoning)) drop("reasoning");
  }
  refuseProbabilities(request, target);
  return config;
}

function formatFields(format: ResponseFormat, takesSchema: boolean): Record<string, unknown> {
  if (format.type === "text") return {};
  const responseMimeType = "application/json";
  if (format.type !== "json_schema" || !takesSchema) return { responseMimeType };
  return { responseMimeType, responseJsonSchema: withoutVersion(format.schema) };
}

function asksForThoughts({ effort, budgetTokens, visible }: NonNullable<LlmRequest["reasoning"]>): boolean {
  return (effort !== null && effort !== "none") || (budgetTokens !== null && budgetTokens > 0) || visible === true;
}
