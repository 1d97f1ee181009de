import type { AttemptRecord, RequestRecord } from "../record.ts";

/** What few requests have, as compact JSON in one column: short names, absent when empty. */
export interface StoredDetail {
  /** Error text. */
  readonly e?: string;
  /** Names of dropped fields. */
  readonly d?: readonly string[];
  /** Attempts, unless there was just one and the row says all about it. */
  readonly a?: readonly AttemptRecord[];
}

const MAX_TEXT_CHARS = 1000;
const MAX_DROPPED = 50;

/** Null when the row's columns say everything: the case of a request that the first key answered. */
export function encodeDetail(record: RequestRecord): string | null {
  const plain = record.attempts.length === 0 || (record.attempts.length === 1 && isPlain(record.attempts[0]!, record));
  if (plain && record.errorText === null && record.dropped.length === 0) return null;
  const detail: StoredDetail = {
    ...(record.errorText === null ? {} : { e: record.errorText.slice(0, MAX_TEXT_CHARS) }),
    ...(record.dropped.length === 0 ? {} : { d: record.dropped.slice(0, MAX_DROPPED) }),
    ...(plain ? {} : { a: record.attempts.map(cutText) }),
  };
  return JSON.stringify(detail);
}

/** True for an attempt that can be rebuilt from the row. */
function isPlain(attempt: AttemptRecord, record: RequestRecord): boolean {
  return (
    attempt.outcome === "ok" &&
    attempt.httpStatus === 200 &&
    attempt.errorClass === null &&
    attempt.errorText === null &&
    attempt.cooldownMs === null &&
    attempt.providerId === record.providerId &&
    attempt.keyId === record.keyId &&
    attempt.upstreamModel === record.servedModel &&
    attempt.upstreamFormat === record.upstreamFormat &&
    attempt.upstreamEndpoint === record.upstreamEndpoint
  );
}

function cutText(attempt: AttemptRecord): AttemptRecord {
  if (attempt.errorText === null || attempt.errorText.length <= MAX_TEXT_CHARS) return attempt;
  return { ...attempt, errorText: attempt.errorText.slice(0, MAX_TEXT_CHARS) };
}
