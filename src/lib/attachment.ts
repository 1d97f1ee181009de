import { type ByteRange, readRange } from "./byte-range.ts";

export interface Attachment {
  readonly filename: string;
  readonly mediaType: string;
  readonly bytes: number;
}

/** Status, headers and what of the content stands in the answer; null when nothing of it was asked for that is there. */
export interface AttachmentAnswer {
  readonly status: 200 | 206 | 416;
  readonly headers: Record<string, string>;
  readonly range: ByteRange | null;
}

/** For what somebody uploaded: it is saved, never shown, and could not run in this origin, which is the console's too. */
export function answerAttachment(
  { filename, mediaType, bytes }: Attachment,
  rangeHeader: string | null,
): AttachmentAnswer {
  const asked = readRange(rangeHeader, bytes);
  if (asked === "unsatisfiable") {
    return { status: 416, headers: { "content-range": `bytes */${bytes}` }, range: null };
  }
  const headers: Record<string, string> = {
    "content-type": mediaType,
    "content-disposition": disposition(filename),
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
    "accept-ranges": "bytes",
  };
  if (asked === null) return { status: 200, headers, range: { start: 0, end: bytes } };
  headers["content-range"] = `bytes ${asked.start}-${asked.end - 1}/${bytes}`;
  return { status: 206, headers, range: asked };
}

function disposition(filename: string): string {
  const plain = filename.replace(/[^\w. -]/g, "_");
  const exact = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}
