import { MalformedError } from "./errors.ts";
import type { ResponseHead } from "./response-head.ts";

/** Where an answer's body ends, and whether the connection is good for another call after it (RFC 9112, 6.3 and 9.3). */
export interface Framing {
  readonly kind: "length" | "chunked" | "until_close";
  /** Null when unknown. */
  readonly length: number | null;
  readonly keepsAlive: boolean;
}

const LENGTH = /^\d{1,15}$/;

/** Throws MalformedError where two readers of the head could disagree about the end. */
export function framingOf(head: ResponseHead, method: string): Framing {
  const keepsAlive = wantsKeepAlive(head);
  if (head.status === 204 || head.status === 304 || method === "HEAD") return { kind: "length", length: 0, keepsAlive };
  const encoding = head.get("transfer-encoding");
  const length = head.get("content-length");
  if (encoding !== null) {
    if (encoding.toLowerCase() !== "chunked") throw new MalformedError("a transfer-encoding other than chunked");
    // Both headers, or a coding that HTTP/1.0 does not know: what stands between us may count differently.
    return { kind: "chunked", length: null, keepsAlive: keepsAlive && length === null && head.minorVersion > 0 };
  }
  if (length === null) return { kind: "until_close", length: null, keepsAlive: false };
  return { kind: "length", length: lengthOf(length), keepsAlive };
}

function lengthOf(text: string): number {
  if (LENGTH.test(text)) return Number(text);
  // A repeated field, or a list: fine while all say the same.
  const lengths = text.split(",").map((each) => each.trim());
  if (!LENGTH.test(lengths[0]!) || lengths.some((each) => each !== lengths[0])) {
    throw new MalformedError("a content-length that is no number, or two that differ");
  }
  return Number(lengths[0]);
}

function wantsKeepAlive(head: ResponseHead): boolean {
  const connection = head.get("connection");
  if (connection === null) return head.minorVersion > 0;
  const options = connection
    .toLowerCase()
    .split(",")
    .map((each) => each.trim());
  return !options.includes("close") && (head.minorVersion > 0 || options.includes("keep-alive"));
}
