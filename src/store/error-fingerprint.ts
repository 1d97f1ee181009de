import type { ErrorClass } from "../record.ts";

/** What makes two failures the same one to a person. */
export interface ErrorPrint {
  readonly fingerprint: string;
  readonly errorClass: ErrorClass;
  readonly httpStatus: number;
  /** The text without what differs from request to request. */
  readonly text: string;
}

const MAX_CHARS = 200;

/** Equal for errors of one class and status whose texts differ only in ids, numbers, addresses and times. */
export function printError(errorClass: ErrorClass, httpStatus: number, text: string): ErrorPrint {
  const normal = normalizeErrorText(text);
  const fingerprint = Bun.hash(`${errorClass} ${httpStatus} ${normal}`).toString(16).padStart(16, "0");
  return { fingerprint, errorClass, httpStatus, text: normal };
}

/** `…` stands for what was left out. */
export function normalizeErrorText(text: string): string {
  return text
    .slice(0, 1000)
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "…") // UUIDs
    .replace(/https?:\/\/\S+/gi, "…")
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z?/g, "…")
    .replace(/\b[a-z]+[_-](?=\w*\d)\w{6,}\b/gi, "…") // ids with a prefix: req_3fa9…, chatcmpl-81x…
    .replace(/\b(?=[a-z]*\d)[0-9a-f]{8,}\b/gi, "…") // hexadecimal
    .replace(/\b[0-9a-z]{20,}\b/gi, (word) => (/\d/.test(word) ? "…" : word))
    .replace(/\d+(?:[.,:]\d+)*/g, "…")
    .replace(/…(?:\s*…)+/g, "…")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, MAX_CHARS);
}
