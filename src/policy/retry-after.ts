import type { HeaderView } from "../lib/http-client/types.ts";
import type { ErrorBody } from "./failure-body.ts";

/** The longest wait that is believed; what is obeyed is a setting (`retryAfterMaxMs`). */
const LONGEST_MS = 86_400_000;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * How long the upstream asks to wait, the most exact statement first: `retry-after-ms` (OpenAI, Azure), `retry-after` (seconds or
 * HTTP date), Google's RetryInfo, the rate limit resets, words such as "try again in 6m0s". Null when it says nothing usable
 * (negative, not a number).
 */
export function readRetryAfter(headers: HeaderView, body: ErrorBody, nowMs: number): number | null {
  return (
    bounded(readNumber(headers.get("retry-after-ms"))) ??
    bounded(readDelayOrDate(headers.get("retry-after"), nowMs)) ??
    bounded(readDuration(body.retryDelay)) ??
    bounded(readResets(headers, nowMs)) ??
    bounded(readWords(body.message))
  );
}

function bounded(ms: number | null): number | null {
  return ms === null || !(ms >= 0) ? null : Math.min(Math.ceil(ms), LONGEST_MS);
}

function readNumber(text: string | null): number | null {
  return text !== null && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : null;
}

function readDelayOrDate(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const seconds = readNumber(text);
  if (seconds !== null) return seconds * 1000;
  if (!/[a-z]{3}|\d-\d/i.test(text)) return null; // Date.parse takes "-5" for a year
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

/** "1s", "6m0s", "1h2m3.5s", "27ms", "31.35s"; a bare number is seconds (Azure). */
export function readDuration(text: string | null): number | null {
  if (text === null || text.length > 40) return null;
  const bare = readNumber(text);
  if (bare !== null) return bare * 1000;
  let total = 0;
  const rest = text.replace(/(\d+(?:\.\d+)?)(ms|[smhd])/g, (_, amount: string, unit: string) => {
    total += Number(amount) * UNIT_MS[unit]!;
    return "";
  });
  return rest.trim() === "" ? total : null;
}

/** Prefix and suffix of the limits that vendors report, as `<prefix>{requests,tokens,…}<suffix>`. */
const LIMITS: readonly (readonly [reset: string, remaining: string])[] = [
  ["x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"],
  ["x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"],
  ["anthropic-ratelimit-requests-reset", "anthropic-ratelimit-requests-remaining"],
  ["anthropic-ratelimit-tokens-reset", "anthropic-ratelimit-tokens-remaining"],
  ["anthropic-ratelimit-input-tokens-reset", "anthropic-ratelimit-input-tokens-remaining"],
  ["anthropic-ratelimit-output-tokens-reset", "anthropic-ratelimit-output-tokens-remaining"],
  ["x-ratelimit-reset", "x-ratelimit-remaining"],
  ["ratelimit-reset", "ratelimit-remaining"],
];

/** The longest reset among the limits that are used up; when none says so, the soonest reset. */
function readResets(headers: HeaderView, nowMs: number): number | null {
  let usedUp: number | null = null;
  let soonest: number | null = null;
  for (const [reset, remaining] of LIMITS) {
    const ms = readReset(headers.get(reset), nowMs);
    if (ms === null) continue;
    soonest = soonest === null ? ms : Math.min(soonest, ms);
    if (readNumber(headers.get(remaining)) === 0) usedUp = Math.max(usedUp ?? 0, ms);
  }
  return usedUp ?? soonest;
}

/** A duration (OpenAI, Groq), an RFC 3339 instant (Anthropic), seconds, or Unix seconds or milliseconds (OpenRouter, GitHub style). */
function readReset(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const number = readNumber(text);
  if (number !== null && number > 1e12) return Math.max(0, number - nowMs);
  if (number !== null && number > 1e9) return Math.max(0, number * 1000 - nowMs);
  return readDuration(text) ?? readDelayOrDate(text, nowMs);
}

/** OpenAI: "Please try again in 6m0s."; Azure: "Please retry after 26 seconds."; Gemini: "Please retry in 31.35s." */
function readWords(message: string | null): number | null {
  const found =
    /\b(?:try again|retry) (?:in|after) (\d[\d.]{0,12}(?:ms|[smhd])[\d.smhd]{0,24}|\d[\d.]{0,12} ?(?:second|minute))/i.exec(
      message?.slice(0, 2000) ?? "",
    )?.[1];
  if (found === undefined) return null;
  const spelled = /^([\d.]+) ?(second|minute)/.exec(found);
  if (spelled !== null) return Number(spelled[1]) * (spelled[2] === "minute" ? 60_000 : 1000);
  return readDuration(found.replace(/\.+$/, ""));
}
