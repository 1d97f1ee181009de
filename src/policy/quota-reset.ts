import type { ErrorBody } from "./failure-body.ts";

/**
 * When Gemini's daily allowance returns: "Requests per day (RPD) quotas reset at midnight Pacific time"
 * (ai.google.dev/gemini-api/docs/rate-limits). Hours differ by daylight saving, so the zone's own clock is asked.
 */
export function nextPacificMidnight(nowMs: number): number {
  const local = pacificClockMs(nowMs);
  const midnight = Math.floor(local / DAY_MS) * DAY_MS + DAY_MS;
  const guess = nowMs + (midnight - local);
  // The offset may change between now and midnight: what the clock then shows corrects it.
  return guess + (midnight - pacificClockMs(guess));
}

/** "You will regain access on 2026-12-01 at 00:00 UTC." (Anthropic's own spend limit, sent as a 400). */
export function statedReset(message: string | null): number | null {
  const found = /regain access on (\d{4}-\d{2}-\d{2})(?: at (\d{2}:\d{2}))? ?(?:UTC)?/i.exec(message ?? "");
  if (found === null) return null;
  const at = Date.parse(`${found[1]}T${found[2] ?? "00:00"}:00Z`);
  return Number.isNaN(at) ? null : at;
}

/** Google names the allowance: "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "…PerMinute…". */
export function dailyQuotaScope(body: ErrorBody): "key" | "key_model" | null {
  const daily = body.quotaIds.find((id) => /PerDay/i.test(id));
  if (daily === undefined) return null;
  return /PerModel/i.test(daily) ? "key_model" : "key";
}

const DAY_MS = 86_400_000;

/** Made with the first question: the first formatter of a process costs 7 ms and 5 MB. */
let pacific: Intl.DateTimeFormat | null = null;

function pacificFormat(): Intl.DateTimeFormat {
  pacific ??= new Intl.DateTimeFormat("en-US", {
    timeZone: "America/Los_Angeles",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return pacific;
}

/** What a clock in Los Angeles shows, as if it were UTC. */
function pacificClockMs(atMs: number): number {
  const shown: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const part of pacificFormat().formatToParts(atMs)) shown[part.type] = Number(part.value);
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (Math.floor(atMs) % 1000);
}
