import { sniffMediaType } from "./media-type.ts";

/** A file's content as it goes into a request. */
export interface InlineFile {
  readonly filename: string;
  readonly mediaType: string;
  /** Standard base64 with padding. */
  readonly base64: string;
  /** Of a text; null for everything else. */
  readonly text: string | null;
}

/** What its uploader did not say, the content tells. */
export function inlineFile(filename: string, said: string, content: Buffer): InlineFile {
  const base64 = content.toString("base64");
  const isUnknown = said === "application/octet-stream";
  const mediaType = (isUnknown ? sniffMediaType(base64) : null) ?? said;
  const mayBeText = isTextType(mediaType) || mediaType === "application/octet-stream";
  const text = mayBeText ? decodeText(content) : null;
  return { filename, mediaType: text !== null && isUnknown ? "text/plain" : mediaType, base64, text };
}

export function isTextType(mediaType: string): boolean {
  return (
    mediaType.startsWith("text/") || /[/+](json|xml|yaml|x-yaml|toml|javascript|typescript|x-sh|sql)$/.test(mediaType)
  );
}

/** Null when it is no text. */
export function decodeText(content: Buffer): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(content);
    return text.trim() === "" || text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
