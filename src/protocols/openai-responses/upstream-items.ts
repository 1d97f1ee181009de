import type { FinishReason } from "../../llm/event.ts";
import type { Citation, OutputPart } from "../../llm/request.ts";
import type { Signature } from "../../llm/signature.ts";
import type { DecodeContext } from "../codec.ts";
import { isRecord, type JsonRecord } from "../fields.ts";
import { CUSTOM_INPUT } from "./client-tools.ts";
import { mediaTypeOf } from "./image-format.ts";

/** The pieces of OpenAI's output items, as whole answers and streams both read them. What is not there reads as empty. */

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function recordsOf(value: unknown): readonly JsonRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Nothing for items without content of their own: searches and other calls that OpenAI made itself. */
export function itemParts(item: JsonRecord, context: DecodeContext): readonly OutputPart[] {
  switch (item.type) {
    case "message":
      return recordsOf(item.content).flatMap(messagePart);
    case "reasoning": {
      const text = thoughtsOf(item);
      const signature = signatureOf(item);
      return text === "" && signature === null ? [] : [{ type: "reasoning", text, signature, redacted: false }];
    }
    case "function_call":
    case "custom_tool_call":
      return [{ type: "tool_call", ...callOf(item, context), arguments: argumentsOf(item), signature: null }];
    case "image_generation_call":
      return imageOf(item).map(({ mediaType, base64 }) => {
        return { type: "image", mediaType, source: { kind: "data", base64 }, name: null, detail: null };
      });
    default:
      return [];
  }
}

function messagePart(part: JsonRecord): readonly OutputPart[] {
  if (part.type === "refusal") {
    const text = textOf(part.refusal);
    return text === "" ? [] : [{ type: "refusal", text }];
  }
  const text = textOf(part.text);
  if (part.type !== "output_text" || text === "") return [];
  const citations = citationsOf(part);
  return [citations.length === 0 ? { type: "text", text } : { type: "text", text, citations }];
}

/** Full thoughts, which only open models give, or the parts of their summary. */
export function thoughtsOf(item: JsonRecord): string {
  const content = recordsOf(item.content);
  const parts = content.length > 0 ? content : recordsOf(item.summary);
  return parts.map((part) => textOf(part.text)).join(BETWEEN_THOUGHTS);
}

/** Parts of a summary are paragraphs. */
export const BETWEEN_THOUGHTS = "\n\n";

export function signatureOf(item: JsonRecord): Signature | null {
  const value = textOf(item.encrypted_content);
  const id = textOf(item.id);
  if (value === "") return null;
  return id === "" ? { vendor: "openai", value } : { vendor: "openai", value, id };
}

export function callOf(item: JsonRecord, { toolNames, newCallId }: DecodeContext): { id: string; name: string } {
  const name = textOf(item.name);
  return { id: textOf(item.call_id) || newCallId(), name: toolNames.get(name) ?? name };
}

export function argumentsOf(item: JsonRecord): string {
  if (item.type === "custom_tool_call") return JSON.stringify({ [CUSTOM_INPUT]: textOf(item.input) });
  return textOf(item.arguments) || "{}";
}

function citationsOf(part: JsonRecord): readonly Citation[] {
  return recordsOf(part.annotations).flatMap(citationOf);
}

/** Only web pages have a neutral name; files and containers are OpenAI's own. */
export function citationOf(annotation: JsonRecord): readonly Citation[] {
  const { url, title, start_index, end_index } = annotation;
  if (annotation.type !== "url_citation" || typeof url !== "string") return [];
  return [
    {
      url,
      title: typeof title === "string" && title !== "" ? title : null,
      citedText: null,
      start: typeof start_index === "number" ? start_index : null,
      end: typeof end_index === "number" ? end_index : null,
    },
  ];
}

/** None while nothing was drawn. */
export function imageOf(item: JsonRecord): readonly { readonly mediaType: string; readonly base64: string }[] {
  const base64 = textOf(item.result);
  return base64 === "" ? [] : [{ mediaType: mediaTypeOf(textOf(item.output_format) || null), base64 }];
}

/** A refusal in words is a part of the answer; the answer itself has come to its end. */
export function finishOf(response: JsonRecord, isIncomplete: boolean, hasCalls: boolean): FinishReason {
  if (!isIncomplete) return { unified: hasCalls ? "tool_calls" : "stop", raw: "completed" };
  const reason = isRecord(response.incomplete_details) ? textOf(response.incomplete_details.reason) : "";
  switch (reason) {
    case "max_output_tokens":
      return { unified: "length", raw: reason };
    case "content_filter":
      return { unified: "content_filter", raw: reason };
    default:
      return { unified: "other", raw: reason || "incomplete" };
  }
}
