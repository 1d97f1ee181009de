import { decodeText, isTextType } from "../../llm/inline-file.ts";
import { sniffMediaType } from "../../llm/media-type.ts";
import type { CacheControl, InputPart, MediaPart } from "../../llm/request.ts";
import type { UpstreamTarget } from "../codec.ts";
import { refuseMedia } from "../unsupported.ts";

export type Block = Record<string, unknown>;

/** Blocks of a user's turn or a tool's result. Blank texts are left out: Anthropic refuses them (wire.md 2.3). */
export function inputBlocks(parts: readonly InputPart[], target: UpstreamTarget): Block[] {
  return parts.flatMap((part) => (part.type === "text" ? textBlocks(part) : [mediaBlock(part, target)]));
}

export function textBlocks(part: { readonly text: string; readonly cacheControl?: CacheControl }): Block[] {
  if (part.text.trim() === "") return [];
  return [{ type: "text", text: part.text, ...cacheMark(part.cacheControl) }];
}

/** Spread into a block. A lifetime that Anthropic does not have is left to its default. */
export function cacheMark(control: CacheControl | undefined): Block {
  if (control === undefined) return {};
  const { ttl } = control;
  return { cache_control: ttl === "5m" || ttl === "1h" ? { type: "ephemeral", ttl } : { type: "ephemeral" } };
}

function mediaBlock(part: MediaPart, target: UpstreamTarget): Block {
  const { source } = part;
  if (source.kind === "file_id") {
    throw refuseMedia(target, part, `file \`${source.id}\` is stored at another provider; send its content instead.`);
  }
  const mediaType = plainType(part.mediaType) ?? (source.kind === "data" ? sniffMediaType(source.base64) : null);
  if (part.type === "audio" || mediaType?.startsWith("audio/")) {
    throw refuseMedia(target, part, "this model does not take audio.");
  }
  return part.type === "image" || mediaType?.startsWith("image/")
    ? imageBlock(part, mediaType, target)
    : documentBlock(part, mediaType, target);
}

/** Typing Base64ImageSource. */
const IMAGE_TYPES = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);

function imageBlock(part: MediaPart, mediaType: string | null, target: UpstreamTarget): Block {
  const { source, cacheControl } = part;
  const mark = cacheMark(cacheControl);
  if (source.kind === "copy") return { type: "image", source: copySource(source.reference), ...mark };
  if (source.kind === "url") return { type: "image", source: webSource(source.url, part, target), ...mark };
  if (source.kind === "data" && mediaType !== null && IMAGE_TYPES.has(mediaType)) {
    return { type: "image", source: { type: "base64", media_type: mediaType, data: source.base64 }, ...mark };
  }
  throw refuseMedia(target, part, `images must be jpeg, png, gif or webp, not ${mediaType ?? "of an unknown kind"}.`);
}

function documentBlock(part: MediaPart, mediaType: string | null, target: UpstreamTarget): Block {
  const common = { ...(part.name === null ? {} : { title: part.name }), ...cacheMark(part.cacheControl) };
  return { type: "document", source: documentSource(part, mediaType, target), ...common };
}

function documentSource(part: MediaPart, mediaType: string | null, target: UpstreamTarget): Block {
  const { source, name } = part;
  if (source.kind === "url") return webSource(source.url, part, target);
  if (source.kind === "text") return textSource(source.text);
  if (source.kind === "copy") return copySource(source.reference);
  const base64 = source.kind === "data" ? source.base64 : "";
  if (mediaType === "application/pdf" || (mediaType === null && name?.toLowerCase().endsWith(".pdf") === true)) {
    return { type: "base64", media_type: "application/pdf", data: base64 };
  }
  const text = mediaType === null || isTextType(mediaType) ? decodeText(Buffer.from(base64, "base64")) : null;
  if (text !== null) return textSource(text);
  throw refuseMedia(target, part, `documents must be PDF or text, not ${mediaType ?? "of an unknown kind"}.`);
}

function copySource(reference: string): Block {
  return { type: "file", file_id: reference };
}

function textSource(data: string): Block {
  return { type: "text", media_type: "text/plain", data };
}

function webSource(url: string, part: MediaPart, target: UpstreamTarget): Block {
  if (!/^https?:\/\//i.test(url)) throw refuseMedia(target, part, "addresses of media must begin with https://.");
  return { type: "url", url };
}

/** Without parameters, in lower case; `image/jpg` is a common slip. */
function plainType(mediaType: string | null): string | null {
  const plain = mediaType?.split(";")[0]?.trim().toLowerCase() ?? null;
  if (plain === "image/jpg") return "image/jpeg";
  return plain === "" || plain === "application/octet-stream" ? null : plain;
}
