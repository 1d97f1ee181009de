import type { FinishReason } from "../../llm/event.ts";
import type { Citation } from "../../llm/request.ts";
import { type Signature, writeSignature } from "../../llm/signature.ts";
import type { AnswerContext } from "../codec.ts";
import { writeDataUrl } from "../data-url.ts";

/** What whole answers and chunks have in common. */

export function answerId({ requestId }: AnswerContext): string {
  return requestId.startsWith("req_") ? requestId.replace("req_", "chatcmpl-") : `chatcmpl-${requestId}`;
}

export function createdSeconds({ createdAtMs }: AnswerContext): number {
  return Math.floor(createdAtMs / 1000);
}

/** The five words of the SDK's typing. A pause and what nobody knows are an end like any other to a chat client. */
export function finishWord({ unified }: FinishReason, isLegacy: boolean): string {
  switch (unified) {
    case "length":
      return "length";
    case "tool_calls":
      return isLegacy ? "function_call" : "tool_calls";
    case "content_filter":
    case "refusal":
      return "content_filter";
    case "stop":
    case "pause":
    case "other":
      return "stop";
  }
}

/** What a refused answer says of itself when it has no refusal of its own. */
export function refusalOf({ unified, explanation }: FinishReason): string | null {
  return unified === "refusal" || unified === "content_filter" ? (explanation ?? null) : null;
}

/**
 * `url_citation`: its range is a must (SDK typing). A vendor that gives none (Anthropic) cuts its text so that a part is what its
 * citations stand for. `start` and `end` are the part's place in the message's content.
 */
export function annotationOf(citation: Citation, start: number, end: number) {
  return {
    type: "url_citation",
    url_citation: {
      url: citation.url,
      title: citation.title ?? citation.url,
      start_index: start + (citation.start ?? 0),
      end_index: citation.end === null ? end : start + citation.end,
    },
  };
}

/** Google's own field of its compatible endpoint; another vendor's signature goes packed. */
export function signatureFields(signature: Signature | null | undefined) {
  if (!signature) return {};
  return { extra_content: { google: { thought_signature: writeSignature(signature, "gemini") } } };
}

/** Media of an answer: OpenRouter's `images`, OpenAI's `audio`, and `files` written as in a request for what is neither. */
export function mediaFields(media: { mediaType: string; base64: string; signature?: Signature | null }, id: string) {
  const { mediaType, base64, signature } = media;
  const url = writeDataUrl(mediaType, base64);
  if (mediaType.startsWith("image/")) {
    return { images: [{ type: "image_url", image_url: { url }, ...signatureFields(signature) }] };
  }
  // The id is our own and kept nowhere: it has expired when it is made.
  if (mediaType.startsWith("audio/")) return { audio: { id, data: base64, transcript: "", expires_at: 0 } };
  return { files: [{ type: "file", file: { file_data: url } }] };
}
