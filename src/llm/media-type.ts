import type { MediaPart } from "./request.ts";

/** What media are, where their sender does not say it, or says it in a name only. */

export function kindOfMedia(mediaType: string): MediaPart["type"] {
  if (mediaType.startsWith("image/")) return "image";
  return mediaType.startsWith("audio/") ? "audio" : "file";
}

/** By the first bytes: what browsers and documents are made of. */
export function sniffMediaType(base64: string): string | null {
  return MAGIC.find(([start]) => base64.startsWith(start))?.[1] ?? null;
}

const MAGIC: readonly (readonly [start: string, mediaType: string])[] = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
  ["JVBERi", "application/pdf"],
];

/** By the ending of a file's name or address. */
export function mediaTypeOfName(name: string): string | null {
  const ending = /\.([a-z0-9]+)$/i.exec(name.replace(/[?#].*$/s, ""))?.[1]?.toLowerCase();
  return ending === undefined ? null : (BY_ENDING.get(ending) ?? null);
}

const BY_ENDING = new Map([
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["webp", "image/webp"],
  ["gif", "image/gif"],
  ["heic", "image/heic"],
  ["heif", "image/heif"],
  ["pdf", "application/pdf"],
  ["txt", "text/plain"],
  ["md", "text/markdown"],
  ["html", "text/html"],
  ["csv", "text/csv"],
  ["json", "application/json"],
  ["mp3", "audio/mpeg"],
  ["wav", "audio/wav"],
  ["ogg", "audio/ogg"],
  ["flac", "audio/flac"],
  ["aac", "audio/aac"],
  ["m4a", "audio/mp4"],
  ["mp4", "video/mp4"],
  ["mov", "video/quicktime"],
  ["webm", "video/webm"],
  ["mpeg", "video/mpeg"],
]);
