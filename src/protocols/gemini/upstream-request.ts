import type { LlmRequest, RequestField } from "../../llm/request.ts";
import type { EncodedRequest, UpstreamTarget } from "../codec.ts";
import { isRecord } from "../fields.ts";
import { leaveOutFields } from "../foreign-fields.ts";
import { partLosses } from "../part-losses.ts";
import { fitToolNames, GEMINI_NAMES } from "../tool-names.ts";
import { toCamelCase } from "./spelling.ts";
import { encodeConfig } from "./upstream-config.ts";
import { type Content, encodeContents } from "./upstream-contents.ts";
import { encodeToolConfig, encodeTools } from "./upstream-tools.ts";

/** A generateContent body. Model and streaming stand in the path, which the dialect writes. */
export function encodeGeminiRequest(request: LlmRequest, target: UpstreamTarget): EncodedRequest {
  const dropped = new Set<string>();
  const drop = (field: RequestField) => dropped.add(target.fieldName(field));
  const names = fitToolNames(request, GEMINI_NAMES);
  const contents = encodeContents(request, target, names);
  const system = request.system.filter(({ text }) => text !== "").map(({ text }) => ({ text }));
  const tools = encodeTools(request, target, { names, report: (path) => dropped.add(path) });
  const generationConfig = encodeConfig(request, target, drop);
  const tier = serviceTierOf(request.serviceTier);
  const body: Record<string, unknown> = {
    contents: contents.length > 0 ? contents : soleContent(system),
    ...(contents.length > 0 && system.length > 0 ? { systemInstruction: { parts: system } } : {}),
    ...(tools.length > 0 ? { tools } : {}),
    ...encodeToolConfig(request, names, request.tools.length > 0 && tools.length > 1),
    ...(tier === undefined ? {} : { serviceTier: tier }),
  };
  if (tier === undefined && request.serviceTier !== null && request.serviceTier !== "auto") drop("serviceTier");
  for (const field of ["verbosity", "logitBias", "user", "metadata", "promptCacheKey"] as const) {
    if (request[field] !== null) drop(field);
  }
  if (request.parallelToolCalls === false && request.tools.length > 0) drop("parallelToolCalls");
  // Chat's `audio` is a voice and a file format; the sound itself is asked for by the modalities.
  const left = leaveOutFields(request, (name, value) => putOwn(body, generationConfig, name, value), ["audio"]);
  const losses = partLosses(request, target, { names: false, detail: false, strict: false });
  for (const name of [...losses, ...left]) dropped.add(name);
  if (Object.keys(generationConfig).length > 0) body.generationConfig = generationConfig;
  return { body, dropped: [...dropped], toolNames: names.toClient, headers: {}, query: "" };
}

/** Gemini refuses a request without contents; a client that gave only instructions wants them followed. */
function soleContent(system: readonly { readonly text: string }[]): Content[] {
  return [{ role: "user", parts: system.length > 0 ? [...system] : [{ text: "" }] }];
}

const OWN_FIELDS = new Set(["safetySettings", "cachedContent", "labels"]);

/**
 * A Gemini client's own fields go back to where they stood: its requests come this way when their history holds another vendor's
 * signatures.
 */
function putOwn(
  body: Record<string, unknown>,
  generationConfig: Record<string, unknown>,
  key: string,
  value: unknown,
): boolean {
  const [first = "", second, ...more] = key.split(".").map(toCamelCase);
  if (more.length > 0) return false;
  if (second === undefined) {
    if (!OWN_FIELDS.has(first)) return false;
    body[first] = value;
  } else if (first === "generationConfig") {
    generationConfig[second] = value;
  } else if (first === "toolConfig") {
    body.toolConfig = { ...(isRecord(body.toolConfig) ? body.toolConfig : {}), [second]: value };
  } else {
    return false;
  }
  return true;
}

/** OpenAI's words to Gemini's (SDK typing `ServiceTier`). */
function serviceTierOf(tier: string | null): string | undefined {
  switch (tier) {
    case "flex":
    case "priority":
      return tier;
    case "default":
      return "standard";
    default:
      return undefined;
  }
}
