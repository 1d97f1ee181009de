import { mediaTypeOfName } from "../../llm/media-type.ts";
import type { MediaPart } from "../../llm/request.ts";

/** Files that only the Gemini key that uploaded or registered them can read. */
const OWN_FILE = /^(?:https:\/\/generativelanguage\.googleapis\.com\/|gs:\/\/|files\/)/;

export function isGeminiFile(uri: string): boolean {
  return OWN_FILE.test(uri);
}

/** `fileData` and `inlineData` demand a MIME type (SDK typing); where the client gave none the name's ending tells. */
export function mediaTypeOf(part: MediaPart): string {
  if (part.mediaType !== null) return part.mediaType;
  const place = part.source.kind === "url" ? part.source.url : (part.name ?? "");
  return mediaTypeOfName(place) ?? DEFAULTS[part.type];
}

const DEFAULTS = { image: "image/jpeg", audio: "audio/wav", file: "application/pdf" } as const;
