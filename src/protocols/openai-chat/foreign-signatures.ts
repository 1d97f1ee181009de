import { holdsPackedSignature } from "../../llm/signature.ts";
import { isRecord, type JsonRecord } from "../fields.ts";

/** A chat request without the signatures that our answers packed into it: reasoning details, and Google's field of calls and images. */
export function withoutForeignSignatures(body: JsonRecord): JsonRecord {
  if (!Array.isArray(body.messages)) return body;
  return { ...body, messages: body.messages.map(cleanMessage) };
}

function cleanMessage(message: unknown): unknown {
  if (!isRecord(message)) return message;
  const { reasoning_details: details, ...rest } = message;
  const clean: Record<string, unknown> = { ...rest };
  if (Array.isArray(details)) {
    const own = details.filter((detail) => !isPacked(detail));
    if (own.length > 0) clean.reasoning_details = own;
  } else if (details !== undefined) clean.reasoning_details = details;
  for (const name of ["tool_calls", "images"]) {
    const list = clean[name];
    if (Array.isArray(list)) clean[name] = list.map(withoutGoogleField);
  }
  return clean;
}

function isPacked(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return [value.signature, value.data].some((text) => typeof text === "string" && holdsPackedSignature(text));
}

function withoutGoogleField(item: unknown): unknown {
  if (!isRecord(item) || !isRecord(item.extra_content)) return item;
  const { extra_content: content, ...rest } = item;
  const { google, ...others } = content as Record<string, unknown>;
  if (!isRecord(google) || typeof google.thought_signature !== "string") return item;
  if (!holdsPackedSignature(google.thought_signature)) return item;
  const { thought_signature: _packed, ...kept } = google;
  const left = { ...others, ...(Object.keys(kept).length > 0 ? { google: kept } : {}) };
  return Object.keys(left).length > 0 ? { ...rest, extra_content: left } : rest;
}
