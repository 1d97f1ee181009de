import { isUtf8 } from "node:buffer";
import { type Splice, splice, utf8 } from "../lib/bytes.ts";
import { parseExactly } from "../lib/exact-json.ts";
import { JsonObject } from "../lib/json-object.ts";
import { JsonScanError } from "../lib/json-scan.ts";
import type { EndpointId } from "../llm/names.ts";
import { invalidRequest } from "./refusals.ts";

/** A client's JSON body: its bytes, and where the few fields stand that the gateway acts on. */
export interface JsonBody {
  readonly kind: "json";
  readonly bytes: Uint8Array;
  readonly json: JsonObject;
}

/** Throws GatewayError 400 that says what is wrong; nothing malformed goes upstream. */
export function readJsonBody(bytes: Uint8Array, maxDepth: number): JsonBody {
  if (!isUtf8(bytes)) throw invalidRequest("The request body is not valid UTF-8.");
  try {
    return { kind: "json", bytes, json: JsonObject.read(bytes, maxDepth) };
  } catch (error) {
    throw asInvalid(error);
  }
}

export function readModel({ json }: JsonBody): string {
  const model = fieldOnce(json, "model");
  if (model === undefined) throw invalidRequest("The field `model` is missing: name the model to use.", "model");
  if (typeof model !== "string" || model === "")
    throw invalidRequest("The field `model` must be a non-empty string.", "model");
  if (hasControlCharacter(model) || !model.isWellFormed() || model.length > 256)
    throw invalidRequest("The field `model` is not a model name.", "model");
  return model;
}

export function readStream({ json }: JsonBody): boolean {
  if (!json.has("stream")) return false;
  const stream = fieldOnce(json, "stream");
  if (typeof stream !== "boolean" && stream !== null)
    throw invalidRequest("The field `stream` must be true or false.", "stream");
  return stream === true;
}

/** Did the client itself ask for usage on its stream? */
export function wantsStreamUsage({ json }: JsonBody): boolean {
  const options = json.has("stream_options") ? field(json, "stream_options") : null;
  return typeof options === "object" && options !== null && (options as Record<string, unknown>).include_usage === true;
}

/** Does a chat request name functions that the model may call? */
export function readHasTools({ json }: JsonBody): boolean {
  return ["tools", "functions"].some((name) => {
    const list = json.has(name) ? field(json, name) : null;
    return Array.isArray(list) && list.length > 0;
  });
}

export function readEffort({ json }: JsonBody): string | null {
  const effort = json.has("reasoning_effort") ? field(json, "reasoning_effort") : null;
  return typeof effort === "string" ? effort : null;
}

/** The whole body, for whoever must understand all of it. */
export function parseBody(body: JsonBody): Record<string, unknown> {
  return safely(() => JSON.parse(textOf(body)) as Record<string, unknown>);
}

/** For a body that is written again with something in it replaced: every number stays as the client wrote it. */
export function parseBodyExactly(body: JsonBody): Record<string, unknown> {
  return safely(() => parseExactly(textOf(body)) as Record<string, unknown>);
}

function textOf({ bytes }: JsonBody): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** The string value of a top-level field, or of its `id` when it is an object; null when there is neither. */
export function readIdField({ json }: JsonBody, name: string): string | null {
  if (!json.has(name)) return null;
  const value = field(json, name);
  if (typeof value === "string") return value;
  const id = typeof value === "object" && value !== null ? (value as Record<string, unknown>).id : null;
  return typeof id === "string" ? id : null;
}

/** The bytes for one upstream: only the model and the usage option are spliced in, everything else is as the client wrote it. */
export function bodyFor(body: JsonBody, options: BodyOptions): Uint8Array {
  if (options.model === options.requestedModel && !options.askForUsage) return body.bytes;
  try {
    return NESTED_MODELS.has(options.endpoint) ? renameNested(body, options.model) : spliced(body, options);
  } catch (error) {
    throw asInvalid(error);
  }
}

interface BodyOptions {
  readonly endpoint: EndpointId;
  readonly requestedModel: string;
  readonly model: string;
  readonly askForUsage: boolean;
}

const NESTED_MODELS: ReadonlySet<EndpointId> = new Set(["gemini.batchEmbedContents", "gemini.countTokens"]);

function spliced(body: JsonBody, options: BodyOptions): Uint8Array {
  const edits: Splice[] = [];
  const model = body.json.scan.fields.get("model");
  if (model !== undefined && options.model !== options.requestedModel) {
    const prefix = body.json.text.startsWith('"models/', model.valueStart) ? "models/" : "";
    const bytes = utf8(JSON.stringify(`${prefix}${options.model}`));
    edits.push({ start: model.valueStart, end: model.valueEnd, bytes });
  }
  if (options.askForUsage) edits.push(usageOption(body));
  return splice(
    body.bytes,
    edits.sort((a, b) => a.start - b.start),
  );
}

const INCLUDE_USAGE = utf8('"stream_options":{"include_usage":true}');
const INCLUDE_USAGE_AFTER = utf8(',"stream_options":{"include_usage":true}');

function usageOption({ json }: JsonBody): Splice {
  const { fields, closeBrace } = json.scan;
  const field = fields.get("stream_options");
  if (field === undefined) {
    const bytes = fields.size === 0 ? INCLUDE_USAGE : INCLUDE_USAGE_AFTER;
    return { start: closeBrace, end: closeBrace, bytes };
  }
  const value = json.get("stream_options");
  const options = typeof value === "object" && value !== null ? value : {};
  return {
    start: field.valueStart,
    end: field.valueEnd,
    bytes: utf8(JSON.stringify({ ...options, include_usage: true })),
  };
}

/** These Gemini bodies repeat the model inside; a rename must reach those places too. They hold no numbers that parsing could bend. */
function renameNested(body: JsonBody, model: string): Uint8Array {
  const text = Buffer.from(body.bytes).toString("utf8");
  const value = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) as Record<string, unknown>;
  const rename = (holder: unknown) => {
    if (typeof holder === "object" && holder !== null && "model" in holder) {
      (holder as Record<string, unknown>).model = `models/${model}`;
    }
  };
  rename(value);
  rename(value.generateContentRequest);
  if (Array.isArray(value.requests)) value.requests.forEach(rename);
  return utf8(JSON.stringify(value));
}

/** Spelled out, not by `safely`: read on every request, several times, without a closure each. */
function field(json: JsonObject, name: string): unknown {
  try {
    return json.get(name);
  } catch (error) {
    throw asInvalid(error);
  }
}

function fieldOnce(json: JsonObject, name: string): unknown {
  try {
    return json.getOnce(name);
  } catch (error) {
    throw asInvalid(error);
  }
}

/** Long bodies are not checked inside strings, short ones not for doubled fields: that shows when they are read. */
function safely<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asInvalid(error);
  }
}

function asInvalid(error: unknown): unknown {
  if (error instanceof JsonScanError) return invalidRequest(`${capital(error.message)}.`);
  if (error instanceof SyntaxError)
    return invalidRequest("The request body is not valid JSON: a string holds a bad escape.");
  return error;
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 32 || code === 127) return true;
  }
  return false;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
