import { decodeText, isTextType } from "../../llm/inline-file.ts";
import type { InputPart, MediaPart, TextPart } from "../../llm/request.ts";
import type { UpstreamTarget } from "../codec.ts";
import { writeDataUrl } from "../data-url.ts";
import { documentText } from "../document-text.ts";
import { refuseMedia } from "../unsupported.ts";
import { AUDIO_FORMATS } from "./audio-formats.ts";

export type ContentPart = Readonly<Record<string, unknown>>;

export function isText(part: InputPart): part is TextPart {
  return part.type === "text";
}

/**
 * Texts as content: one is a string. Several stay parts for OpenAI and Azure; compatible servers often take nothing but strings
 * outside a user's message, so there they are joined.
 */
export function textContent(texts: readonly string[], target: UpstreamTarget): string | readonly ContentPart[] {
  if (texts.length <= 1) return texts[0] ?? "";
  if (target.kind === "openai-compatible") return texts.join("\n\n");
  return texts.map((text) => ({ type: "text", text }));
}

/** A text document is text to a chat model. Null: it is something else. */
export function textOfDocument({ name, source, mediaType }: MediaPart): string | null {
  if (source.kind === "text") return documentText(name, source.text);
  if (source.kind !== "data" || mediaType === null || !isTextType(mediaType)) return null;
  const text = decodeText(Buffer.from(source.base64, "base64"));
  return text === null ? null : documentText(name, text);
}

/** Throws GatewayError 400 for media that chat completions have no part for. */
export function contentPart(part: InputPart, target: UpstreamTarget): ContentPart {
  if (part.type === "text") return { type: "text", text: part.text };
  const text = textOfDocument(part);
  if (text !== null) return { type: "text", text };
  const { source } = part;
  if (source.kind === "file_id") {
    throw refuseMedia(target, part, "a file id is known only to the vendor that gave it; send the file's data.");
  }
  if (source.kind === "copy") return copyPart(part, source.reference, target);
  if (part.type === "image") return imagePart(part, target);
  if (source.kind !== "data") {
    throw refuseMedia(target, part, `${part.type} parts by URL cannot be carried to this model; send the data.`);
  }
  if (part.type === "audio") return audioPart(part, source.base64, target);
  const mediaType = part.mediaType ?? "application/octet-stream";
  if (mediaType.startsWith("video/")) throw refuseMedia(target, part, "video cannot be carried to this model.");
  // OpenAI wants a name beside the data.
  const filename = part.name ?? (mediaType === "application/pdf" ? "document.pdf" : "document");
  return { type: "file", file: { filename, file_data: writeDataUrl(mediaType, source.base64) } };
}

function imagePart(part: MediaPart, target: UpstreamTarget): ContentPart {
  const { source, mediaType, detail } = part;
  const withDetail = detail === null ? {} : { detail };
  if (source.kind === "url") return { type: "image_url", image_url: { url: source.url, ...withDetail } };
  if (source.kind !== "data") throw refuseMedia(target, part, "this image cannot be carried to this model.");
  const url = writeDataUrl(mediaType ?? "image/png", source.base64);
  return { type: "image_url", image_url: { url, ...withDetail } };
}

/** Chat's pictures and sounds have no ids. */
function copyPart(part: MediaPart, reference: string, target: UpstreamTarget): ContentPart {
  if (part.type === "file") return { type: "file", file: { file_id: reference } };
  throw refuseMedia(target, part, `this ${part.type} is too large to be sent within a request to this model.`);
}

function audioPart(part: MediaPart, base64: string, target: UpstreamTarget): ContentPart {
  const format = AUDIO_FORMATS[part.mediaType ?? ""];
  if (format === undefined) {
    throw refuseMedia(target, part, "this model takes sound as wav or mp3 only.");
  }
  return { type: "input_audio", input_audio: { data: base64, format } };
}
