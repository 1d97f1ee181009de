import type { DraftPart } from "../../llm/place-signatures.ts";
import type { OutputPart, RefusalPart, TextPart, ToolCallPart } from "../../llm/request.ts";
import { readSignature, type Signature } from "../../llm/signature.ts";
import {
  type JsonRecord,
  oneOf,
  optionalList,
  optionalRecord,
  optionalString,
  readRecord,
  readString,
} from "../fields.ts";
import { unsupported } from "../unsupported.ts";
import { asRecord } from "../usage.ts";
import { readContent, readImage, readTextPart } from "./client-parts.ts";
import { placeDetails, readDetails } from "./reasoning-details.ts";

/**
 * An assistant's message of a former turn: OpenAI's fields, and the ones by which our answers carry reasoning, images and
 * signatures (client-answer.ts). `newFunctionId` makes the id of a legacy `function_call`, which has none.
 */
export function readAssistantParts(
  message: JsonRecord,
  path: string,
  newFunctionId: (name: string) => string,
): DraftPart[] {
  const texts: TextPart[] = [];
  const others: OutputPart[] = [];
  for (const part of readAssistantContent(message.content, `${path}.content`)) {
    if (part.type === "refusal") others.push(part);
    else if (part.text !== "") texts.push(part);
  }
  const refusal = optionalString(message.refusal, `${path}.refusal`);
  if (refusal !== null && refusal !== "") others.push({ type: "refusal", text: refusal });
  for (const [index, value] of optionalList(message.images, `${path}.images`).entries()) {
    const at = `${path}.images[${index}]`;
    const image = readRecord(value, at);
    others.push({ ...readImage(image.image_url, `${at}.image_url`), path: at, ...signatureOf(image) });
  }
  const audio = optionalRecord(message.audio, `${path}.audio`);
  if (audio !== null) {
    const id = readString(audio.id, `${path}.audio.id`);
    const source = { kind: "file_id", id } as const;
    others.push({ type: "audio", mediaType: null, source, name: null, detail: null, path: `${path}.audio` });
  }
  const details = readDetails(message.reasoning_details);
  const reasoning = plainReasoning(message, path);
  if (details.reasoning.length === 0 && reasoning !== "") {
    const part = { type: "reasoning", text: reasoning, signature: null, redacted: false } as const;
    return [part, ...placeDetails(details, texts, others, readCalls(message, path, newFunctionId))];
  }
  return placeDetails(details, texts, others, readCalls(message, path, newFunctionId));
}

/** DeepSeek, Qwen and others say `reasoning_content`, OpenRouter and Groq `reasoning`. */
function plainReasoning(message: JsonRecord, path: string): string {
  const content = optionalString(message.reasoning_content, `${path}.reasoning_content`);
  if (content !== null && content !== "") return content;
  return typeof message.reasoning === "string" ? message.reasoning : "";
}

function readAssistantContent(value: unknown, path: string): (TextPart | RefusalPart)[] {
  if (value === undefined || value === null) return [];
  return readContent<TextPart | RefusalPart>(value, path, (part, at) => {
    if (oneOf(part.type, ["text", "refusal"], `${at}.type`) === "text") return readTextPart(part, at);
    return { type: "refusal", text: readString(part.refusal, `${at}.refusal`) };
  });
}

function readCalls(message: JsonRecord, path: string, newFunctionId: (name: string) => string): ToolCallPart[] {
  const calls = optionalList(message.tool_calls, `${path}.tool_calls`).map((value, index) => {
    const at = `${path}.tool_calls[${index}]`;
    const call = readRecord(value, at);
    if (call.type === "custom") throw unsupported(at, "calls of custom tools cannot be carried to this model.");
    const id = readString(call.id, `${at}.id`);
    return { ...readFunction(call.function, `${at}.function`), id, ...signatureOf(call) };
  });
  const legacy = optionalRecord(message.function_call, `${path}.function_call`);
  if (legacy === null || calls.length > 0) return calls;
  const call = readFunction(legacy, `${path}.function_call`);
  return [{ ...call, id: newFunctionId(call.name) }];
}

function readFunction(value: unknown, path: string): ToolCallPart {
  const { name, arguments: given } = readRecord(value, path);
  const text = optionalString(given, `${path}.arguments`);
  return {
    type: "tool_call",
    id: "",
    name: readString(name, `${path}.name`),
    arguments: text === null || text.trim() === "" ? "{}" : text,
    signature: null,
  };
}

/** Google's own field in its compatible endpoint: `extra_content.google.thought_signature`. */
function signatureOf(owner: JsonRecord): { signature?: Signature } {
  const text = asRecord(asRecord(owner.extra_content)?.google)?.thought_signature;
  const signature = typeof text === "string" ? readSignature(text, "gemini") : null;
  return signature === null ? {} : { signature };
}
