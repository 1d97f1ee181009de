import { holdsPackedSignature } from "../../llm/signature.ts";
import { isRecord, type JsonRecord } from "../fields.ts";

/** A Messages request without the thinking that other vendors signed: Anthropic refuses signatures that are not its own. */
export function withoutForeignSignatures(body: JsonRecord): JsonRecord {
  if (!Array.isArray(body.messages)) return body;
  return { ...body, messages: body.messages.flatMap(cleanMessage) };
}

function cleanMessage(message: unknown): unknown[] {
  if (!isRecord(message) || !Array.isArray(message.content)) return [message];
  const content = message.content.filter((block) => !isForeign(block));
  if (content.length === message.content.length) return [message];
  // A turn of nothing but thoughts; empty content would be refused, and user messages in a row are taken for one.
  return content.length === 0 ? [] : [{ ...message, content }];
}

function isForeign(block: unknown): boolean {
  if (!isRecord(block)) return false;
  const text =
    block.type === "thinking" ? block.signature : block.type === "redacted_thinking" ? block.data : undefined;
  return typeof text === "string" && holdsPackedSignature(text);
}
