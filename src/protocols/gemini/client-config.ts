import { EFFORTS, type Effort, type LlmRequest, type Reasoning, type ResponseFormat } from "../../llm/request.ts";
import {
  isRecord,
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalString,
  readRecord,
  readString,
} from "../fields.ts";
import { toJsonSchema } from "./schema.ts";
import { type Fields, keepRest, listOf, readFields } from "./spelling.ts";

type Config = Partial<LlmRequest>;

/** `generationConfig`: what has a neutral name; speechConfig, imageConfig, mediaResolution and the like go to `extra`. */
export function readGenerationConfig(value: unknown, path: string, extra: Record<string, unknown>): Config {
  if (value === undefined) return {};
  const fields = readFields(value, path);
  const number = (name: string) => optionalNumber(fields.get(name), fields.path(name));
  const integer = (name: string, least: number) => optionalInteger(fields.get(name), fields.path(name), least);
  const config: Config = {
    temperature: number("temperature"),
    topP: number("topP"),
    topK: number("topK"),
    maxOutputTokens: integer("maxOutputTokens", 1),
    candidates: integer("candidateCount", 1),
    stop: listOf(fields.get("stopSequences")).map((each, index) =>
      readString(each, `${fields.path("stopSequences")}[${index}]`),
    ),
    seed: number("seed"),
    presencePenalty: number("presencePenalty"),
    frequencyPenalty: number("frequencyPenalty"),
    logprobs: optionalBoolean(fields.get("responseLogprobs"), fields.path("responseLogprobs")),
    topLogprobs: integer("logprobs", 0),
    responseFormat: readResponseFormat(fields, extra),
    modalities: readModalities(fields, extra),
    reasoning: readThinking(fields.get("thinkingConfig"), fields.path("thinkingConfig"), extra),
  };
  keepRest(fields, extra);
  return config;
}

function readResponseFormat(fields: Fields, extra: Record<string, unknown>): ResponseFormat | null {
  const place = fields.path("responseMimeType");
  const mimeType = optionalString(fields.get("responseMimeType"), place);
  // Google's SDKs also write the second one with an underscore before it.
  const jsonSchema = fields.get("responseJsonSchema") ?? fields.get("_responseJsonSchema");
  const schema = fields.get("responseSchema");
  if (mimeType !== null && mimeType !== "application/json" && mimeType !== "text/plain") {
    // "text/x.enum" answers with the bare word; nobody else has that.
    extra[place] = mimeType;
    if (schema !== undefined) extra[fields.path("responseSchema")] = schema;
    return null;
  }
  if (mimeType === "text/plain") return { type: "text" };
  if (jsonSchema !== undefined) return formatOf(readRecord(jsonSchema, fields.path("responseJsonSchema")));
  if (schema !== undefined) return formatOf(toJsonSchema(readRecord(schema, fields.path("responseSchema"))));
  if (mimeType !== null) return { type: "json_object" };
  const format = readNewFormat(fields);
  const unread = fields.get("responseFormat");
  if (format === null && unread !== undefined) extra[fields.path("responseFormat")] = unread;
  return format;
}

/** The successor of responseMimeType and responseSchema (SDK typing `ResponseFormat`); its images and sounds stay where they are. */
function readNewFormat(fields: Fields): ResponseFormat | null {
  const [only, ...others] = listOf(fields.get("responseFormat"));
  if (only === undefined) return null;
  const outer = isRecord(only) && others.length === 0 ? readFields(only, fields.path("responseFormat")) : null;
  const text = outer?.get("text");
  if (outer === null || outer.rest().length > 0 || text === undefined) return null;
  const inner = readFields(text, outer.path("text"));
  const schema = inner.get("schema");
  if (schema !== undefined) return formatOf(readRecord(schema, inner.path("schema")));
  const mimeType = optionalString(inner.get("mimeType"), inner.path("mimeType"));
  return mimeType === null ? null : { type: /json$/i.test(mimeType) ? "json_object" : "text" };
}

function formatOf(schema: Readonly<Record<string, unknown>>): ResponseFormat {
  return { type: "json_schema", name: null, description: null, schema, strict: null };
}

function readModalities(fields: Fields, extra: Record<string, unknown>): LlmRequest["modalities"] {
  const place = fields.path("responseModalities");
  const value = fields.get("responseModalities");
  if (value === undefined) return null;
  const kinds = listOf(value).map((each, index) => readString(each, `${place}[${index}]`).toLowerCase());
  if (kinds.length === 0) return null;
  if (kinds.every(isModality)) return kinds;
  extra[place] = value;
  return null;
}

function isModality(kind: string): kind is "text" | "image" | "audio" {
  return kind === "text" || kind === "image" || kind === "audio";
}

function readThinking(value: unknown, path: string, extra: Record<string, unknown>): Reasoning | null {
  if (value === undefined) return null;
  const fields = readFields(value, path);
  const budget = optionalInteger(fields.get("thinkingBudget"), fields.path("thinkingBudget"), -1);
  const level = optionalString(fields.get("thinkingLevel"), fields.path("thinkingLevel"))?.toLowerCase() ?? null;
  const visible = optionalBoolean(fields.get("includeThoughts"), fields.path("includeThoughts"));
  keepRest(fields, extra);
  const effort = isEffort(level) ? level : null;
  if (effort === null && budget === null && visible === null) return null;
  // A budget of zero is how Gemini 2.5 is told not to think.
  if (budget === 0) return { effort: effort ?? "none", budgetTokens: null, visible };
  return { effort, budgetTokens: budget, visible };
}

function isEffort(level: string | null): level is Effort {
  return level !== null && (EFFORTS as readonly string[]).includes(level);
}
