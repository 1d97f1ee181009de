import { sniffMediaType } from "../llm/media-type.ts";
import { readString, wrongField } from "./fields.ts";

/** Inline media as OpenAI writes them: `data:image/png;base64,…`. */
export interface InlineData {
  /** Null when the text does not say and its first bytes are of no known kind. */
  readonly mediaType: string | null;
  /** Standard base64 with padding. */
  readonly base64: string;
}

const HEAD = /^data:([^,]*),/i;

export function isDataUrl(text: string): boolean {
  return /^data:/i.test(text);
}

/** Null when it is no data URL, or a broken one. */
export function readDataUrl(url: string): InlineData | null {
  const head = HEAD.exec(url.slice(0, 300));
  if (head === null) return null;
  const [type = "", ...options] = head[1]!.split(";").map((each) => each.trim());
  const payload = url.slice(head[0].length);
  const base64 = options.at(-1)?.toLowerCase() === "base64" ? standardBase64(payload) : plainToBase64(payload);
  if (base64 === null) return null;
  return { mediaType: type === "" ? sniffMediaType(base64) : type.toLowerCase(), base64 };
}

export function writeDataUrl(mediaType: string, base64: string): string {
  return `data:${mediaType};base64,${base64}`;
}

/** Clients also send URL-safe letters, line breaks and no padding; null when it is not base64 at all. */
export function standardBase64(text: string): string | null {
  const dense = /\s/.test(text) ? text.replace(/\s+/g, "") : text;
  const letters = /[-_]/.test(dense) ? dense.replaceAll("-", "+").replaceAll("_", "/") : dense;
  const bare = letters.replace(/={1,2}$/, "");
  if (bare.length === 0 || bare.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(bare)) return null;
  return bare + "=".repeat((4 - (bare.length % 4)) % 4);
}

/** A client's base64 field. */
export function readBase64(value: unknown, path: string): string {
  const base64 = standardBase64(readString(value, path));
  if (base64 === null) throw wrongField(path, "base64 text");
  return base64;
}

function plainToBase64(text: string): string | null {
  try {
    return Buffer.from(decodeURIComponent(text)).toString("base64");
  } catch {
    return null;
  }
}
