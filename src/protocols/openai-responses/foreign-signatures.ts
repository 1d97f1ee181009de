import { holdsPackedSignature } from "../../llm/signature.ts";
import { isRecord, type JsonRecord } from "../fields.ts";
import { responseOfItem } from "./stored-items.ts";

/** A Responses request without the reasoning items that are ours: OpenAI can decrypt only its own, and would look for the others. */
export function withoutForeignSignatures(body: JsonRecord): JsonRecord {
  return Array.isArray(body.input) ? { ...body, input: body.input.filter((item) => !isForeign(item)) } : body;
}

function isForeign(item: unknown): boolean {
  if (!isRecord(item)) return false;
  const { encrypted_content: content, type, id } = item;
  if (typeof content === "string") return holdsPackedSignature(content);
  return type === "reasoning" && typeof id === "string" && responseOfItem(id) !== null;
}
