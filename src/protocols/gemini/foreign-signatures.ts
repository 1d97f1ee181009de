import { holdsPackedSignature } from "../../llm/signature.ts";
import type { UpstreamTarget } from "../codec.ts";
import { isRecord, type JsonRecord } from "../fields.ts";
import { isGemini3 } from "./generation.ts";
import { SKIP_SIGNATURE } from "./upstream-contents.ts";

type Model = Pick<UpstreamTarget, "model" | "traits">;

/**
 * A generateContent request without the signatures of other vendors. Their thoughts go with them; a call stays, and on models that
 * insist on a signature says that it has none.
 */
export function withoutForeignSignatures(body: JsonRecord, target: Model): JsonRecord {
  if (!Array.isArray(body.contents)) return body;
  return { ...body, contents: body.contents.map((content) => cleanContent(content, target)) };
}

function cleanContent(content: unknown, target: Model): unknown {
  if (!isRecord(content) || !Array.isArray(content.parts)) return content;
  return { ...content, parts: content.parts.flatMap((part) => cleanPart(part, target)) };
}

function cleanPart(part: unknown, target: Model): unknown[] {
  if (!isRecord(part)) return [part];
  const name = ["thoughtSignature", "thought_signature"].find((each) => isPacked(part[each]));
  if (name === undefined) return [part];
  const { [name]: _packed, ...rest } = part;
  if (rest.functionCall !== undefined || rest.function_call !== undefined) {
    return [isGemini3(target) ? { ...rest, [name]: SKIP_SIGNATURE } : rest];
  }
  return rest.thought === true || rest.text === "" ? [] : [rest];
}

function isPacked(value: unknown): boolean {
  return typeof value === "string" && holdsPackedSignature(value);
}
