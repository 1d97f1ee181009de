import { kindOfMedia } from "../../llm/media-type.ts";
import { type DraftPart, readThoughts } from "../../llm/place-signatures.ts";
import type { InputPart, MediaPart, ToolResult } from "../../llm/request.ts";
import { type CarriedSignature, readCarried, type Signature } from "../../llm/signature.ts";
import { readBase64 } from "../data-url.ts";
import { readRecord, readString, wrongField } from "../fields.ts";
import { codeText } from "./code-parts.ts";
import { isGeminiFile } from "./media.ts";
import type { CallPairing } from "./pairing.ts";
import { type Fields, keepRest, listOf, readFields } from "./spelling.ts";

export type ReadPart = DraftPart | { readonly type: "result"; readonly result: ToolResult };

export interface PartContext {
  readonly calls: CallPairing;
  readonly extra: Record<string, unknown>;
}

/** One part of a client's content; nothing for parts that say nothing a neutral request could carry. */
export function readPart(value: unknown, path: string, context: PartContext): readonly ReadPart[] {
  if (typeof value === "string") return [{ type: "text", text: value }];
  const fields = readFields(value, path);
  const written = fields.get("thoughtSignature");
  // Gemini's own (the skip sentinel too) or a packed one.
  const carried = typeof written === "string" ? readCarried(written, "gemini") : null;
  const parts = readContent(fields, path, { ...context, carried });
  if (parts === null && fields.rest().length === 0) {
    throw wrongField(path, "a part with text, inlineData, fileData, functionCall or functionResponse");
  }
  keepRest(fields, context.extra);
  return parts ?? [];
}

/** Null: nothing of what a part can be is there. */
function readContent(
  fields: Fields,
  path: string,
  context: PartContext & { readonly carried: CarriedSignature | null },
): readonly ReadPart[] | null {
  const { carried } = context;
  const signature = carried === null ? {} : { signature: carried.signature };
  const isThought = fields.get("thought") === true;
  const call = fields.get("functionCall");
  if (call !== undefined) {
    return [readCall(call, fields.path("functionCall"), context, carried?.signature ?? null)];
  }
  const response = fields.get("functionResponse");
  if (response !== undefined) {
    return [{ type: "result", result: readResult(response, fields.path("functionResponse"), context) }];
  }
  const inline = fields.get("inlineData");
  if (inline !== undefined) return [{ ...readInline(inline, fields.path("inlineData"), context), path, ...signature }];
  const file = fields.get("fileData");
  if (file !== undefined) return [{ ...readFile(file, fields.path("fileData"), context), path, ...signature }];
  const code = codeText({
    executableCode: fields.get("executableCode"),
    codeExecutionResult: fields.get("codeExecutionResult"),
  });
  if (code !== null) return [{ type: "text", text: code, ...signature }];
  const text = fields.get("text");
  if (text === undefined && carried === null) return null;
  const words = text === undefined ? "" : readString(text, fields.path("text"));
  return isThought || (words === "" && carried?.place)
    ? readThoughts(words, carried)
    : [{ type: "text", text: words, ...signature }];
}

function readCall(value: unknown, path: string, { calls, extra }: PartContext, signature: Signature | null): ReadPart {
  const fields = readFields(value, path);
  const name = readString(fields.get("name"), fields.path("name"));
  const args = fields.get("args");
  const text = args === undefined ? "{}" : JSON.stringify(readRecord(args, fields.path("args")));
  const id = calls.call(name, idOf(fields.get("id"), fields.path("id")));
  keepRest(fields, extra);
  return { type: "tool_call", id, name, arguments: text, signature };
}

/** `response` is an object; "output" holds the result and "error" what went wrong (SDK typing), else the whole of it is the result. */
function readResult(value: unknown, path: string, context: PartContext): ToolResult {
  const fields = readFields(value, path);
  const name = fields.get("name");
  const id = idOf(fields.get("id"), fields.path("id"));
  const paired = context.calls.result(name === undefined ? null : readString(name, fields.path("name")), id);
  if (paired === null) throw wrongField(fields.path("name"), "a string");
  const response = fields.get("response");
  const { text, isError } =
    response === undefined ? { text: "", isError: false } : resultText(readRecord(response, fields.path("response")));
  const parts: InputPart[] = text === "" ? [] : [{ type: "text", text }];
  listOf(fields.get("parts")).forEach((each, index) => {
    parts.push(...readPart(each, `${fields.path("parts")}[${index}]`, context).filter(isInput));
  });
  keepRest(fields, context.extra);
  return { callId: paired.id, name: paired.name, parts, isError };
}

function resultText(response: Readonly<Record<string, unknown>>): { text: string; isError: boolean } {
  const keys = Object.keys(response);
  const only = keys.length === 1 ? keys[0] : undefined;
  if (only !== "output" && only !== "result" && only !== "error") {
    return { text: JSON.stringify(response), isError: false };
  }
  const value = response[only];
  return { text: typeof value === "string" ? value : JSON.stringify(value), isError: only === "error" };
}

function readInline(value: unknown, path: string, { extra }: PartContext): MediaPart {
  const fields = readFields(value, path);
  const mediaType = readString(fields.get("mimeType"), fields.path("mimeType"));
  const base64 = readBase64(fields.get("data"), fields.path("data"));
  const name = fields.get("displayName");
  keepRest(fields, extra);
  return {
    type: kindOfMedia(mediaType),
    mediaType,
    source: { kind: "data", base64 },
    name: typeof name === "string" ? name : null,
    detail: null,
  };
}

function readFile(value: unknown, path: string, { extra }: PartContext): MediaPart {
  const fields = readFields(value, path);
  const uri = readString(fields.get("fileUri"), fields.path("fileUri"));
  const given = fields.get("mimeType");
  const mediaType = given === undefined ? null : readString(given, fields.path("mimeType"));
  const name = fields.get("displayName");
  keepRest(fields, extra);
  return {
    type: mediaType === null ? "file" : kindOfMedia(mediaType),
    mediaType,
    source: isGeminiFile(uri) ? { kind: "file_id", id: uri } : { kind: "url", url: uri },
    name: typeof name === "string" ? name : null,
    detail: null,
  };
}

export function isInput(part: ReadPart): part is InputPart {
  return part.type === "text" || part.type === "image" || part.type === "audio" || part.type === "file";
}

function idOf(value: unknown, path: string): string | null {
  if (value === undefined) return null;
  const id = readString(value, path);
  return id === "" ? null : id;
}
