import { describe, expect, test } from "bun:test";
import { classifyRejection } from "../../src/policy/failure.ts";
import { nextPacificMidnight } from "../../src/policy/quota-reset.ts";

const NOW = Date.UTC(2026, 10, 20, 12);
const DAY_MS = 86_400_000;

function retryAfter(headers: Record<string, string>, message = "slow"): number | null {
  const body = JSON.stringify({ error: { message, type: "requests", code: "rate_limit_exceeded" } });
  return classifyRejection({ kind: "openai", status: 429, headers: new Headers(headers), body, nowMs: NOW })
    .retryAfterMs;
}

describe("how long the upstream asks to wait", () => {
  const table: [string, Record<string, string>, number | null][] = [
    ["seconds", { "retry-after": "20" }, 20_000],
    ["fractions of a second", { "retry-after": "1.5" }, 1500],
    ["none at all", { "retry-after": "0" }, 0],
    ["milliseconds stand before seconds", { "retry-after-ms": "250", "retry-after": "1" }, 250],
    ["an HTTP date", { "retry-after": new Date(NOW + 3000).toUTCString() }, 3000],
    ["a date that has passed is now", { "retry-after": new Date(NOW - 60_000).toUTCString() }, 0],
    ["a day is the longest that is believed", { "retry-after": "999999999" }, DAY_MS],
    ["a date in years", { "retry-after": "Fri, 31 Dec 9999 23:59:59 GMT" }, DAY_MS],
    ["negative is nonsense", { "retry-after": "-5" }, null],
    ["words are nonsense", { "retry-after": "soon" }, null],
    ["NaN is nonsense", { "retry-after": "NaN" }, null],
    ["infinity is nonsense", { "retry-after": "Infinity" }, null],
    ["an exponent is nonsense", { "retry-after": "1e3" }, null],
    ["nonsense falls through to the next statement", { "retry-after-ms": "x", "retry-after": "2" }, 2000],
    [
      "OpenAI's reset of the limit that is used up",
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1m2.5s",
        "x-ratelimit-remaining-tokens": "900",
        "x-ratelimit-reset-tokens": "7s",
      },
      62_500,
    ],
    [
      "the longest of two that are used up",
      {
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "120ms",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "6m0s",
      },
      360_000,
    ],
    [
      "the soonest when none says that it is used up",
      { "x-ratelimit-reset-requests": "8h1m", "x-ratelimit-reset-tokens": "7.66s" },
      7660,
    ],
    ["Azure's bare seconds", { "x-ratelimit-reset-tokens": "12" }, 12_000],
    [
      "Anthropic's instants",
      {
        "anthropic-ratelimit-requests-remaining": "10",
        "anthropic-ratelimit-requests-reset": "2026-11-20T12:00:01Z",
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-20T12:00:30Z",
      },
      30_000,
    ],
    ["Unix milliseconds (OpenRouter)", { "x-ratelimit-reset": String(NOW + 5000) }, 5000],
    ["Unix seconds", { "x-ratelimit-reset": String(NOW / 1000 + 9) }, 9000],
    ["nothing", {}, null],
  ];
  for (const [what, headers, expected] of table) test(what, () => expect(retryAfter(headers)).toBe(expected));

  const words: [string, number | null][] = [
    ["Rate limit reached. Please try again in 20s. Visit …", 20_000],
    ["Please try again in 6m0s.", 360_000],
    ["Please try again in 1.217s.", 1217],
    ["Please try again in 27ms.", 27],
    ["Please retry after 26 seconds.", 26_000],
    ["Please try again after 1 minute.", 60_000],
    ["Please retry in 31.358s.", 31_358],
    ["Try again in a moment", null],
  ];
  for (const [text, expected] of words) test(`"${text}"`, () => expect(retryAfter({}, text)).toBe(expected));
});

describe("midnight in California", () => {
  const table: [string, number, number][] = [
    ["in winter time it is 08:00 UTC", Date.UTC(2026, 0, 15, 20), Date.UTC(2026, 0, 16, 8)],
    ["in summer time it is 07:00 UTC", Date.UTC(2026, 6, 15, 20), Date.UTC(2026, 6, 16, 7)],
    ["just before", Date.UTC(2026, 0, 16, 7, 59, 59, 900), Date.UTC(2026, 0, 16, 8)],
    ["at the very instant it is the next one", Date.UTC(2026, 0, 16, 8), Date.UTC(2026, 0, 17, 8)],
    ["on the day the clocks go forward", Date.UTC(2026, 2, 8, 9), Date.UTC(2026, 2, 9, 7)],
    ["on the day the clocks go back", Date.UTC(2026, 10, 1, 8), Date.UTC(2026, 10, 2, 8)],
    ["over New Year", Date.UTC(2026, 11, 31, 23), Date.UTC(2027, 0, 1, 8)],
  ];
  for (const [what, now, expected] of table) test(what, () => expect(nextPacificMidnight(now)).toBe(expected));
});
