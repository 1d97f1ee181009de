import type { HeaderView } from "../lib/http-client/types.ts";
import { readDuration } from "../policy/retry-after.ts";

/** OpenAI's `x-ratelimit-<what>-<of>` and Anthropic's `anthropic-ratelimit-<of>-<what>`. */
const OPENAI = /^x-ratelimit-(limit|remaining|reset)-(requests|tokens)$/;
const ANTHROPIC = /^anthropic-ratelimit-(requests|tokens)-(limit|remaining|reset)$/;

/**
 * An upstream's headers as a client of another format may read them: rate limits under that format's names, their resets as
 * durations for OpenAI's clients and as instants for Anthropic's (wire.md 2.3, C33). What cannot be read is left out.
 */
export function translatedHeaders(upstream: HeaderView, nowMs: number, contentType = "application/json"): HeaderView {
  return {
    get(name) {
      if (name === "content-type") return contentType;
      const own = upstream.get(name);
      if (own !== null) return own;
      const openAi = OPENAI.exec(name);
      if (openAi !== null) {
        const value = upstream.get(`anthropic-ratelimit-${openAi[2]}-${openAi[1]}`);
        return openAi[1] === "reset" ? toDuration(value, nowMs) : value;
      }
      const anthropic = ANTHROPIC.exec(name);
      if (anthropic === null) return null;
      const value = upstream.get(`x-ratelimit-${anthropic[2]}-${anthropic[1]}`);
      return anthropic[2] === "reset" ? toInstant(value, nowMs) : value;
    },
  };
}

/** As OpenAI writes them: "17ms", "30s", "6m0s", "1h2m0s". */
function toDuration(instant: string | null, nowMs: number): string | null {
  const atMs = instant === null ? Number.NaN : Date.parse(instant);
  if (Number.isNaN(atMs)) return null;
  const ms = Math.max(0, Math.ceil(atMs - nowMs));
  if (ms < 1000) return `${ms}ms`;
  const seconds = Math.ceil(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}h` : ""}${seconds >= 60 ? `${minutes}m` : ""}${seconds % 60}s`;
}

/** RFC 3339, whole seconds. */
function toInstant(duration: string | null, nowMs: number): string | null {
  const ms = readDuration(duration);
  return ms === null ? null : `${new Date(Math.ceil((nowMs + ms) / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}
