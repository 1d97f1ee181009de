import type { CacheControl } from "../llm/request.ts";
import { type JsonRecord, oneOf, optionalRecord, optionalString } from "./fields.ts";

/** Spread into a part: a mark that is not said must not be there. */
export interface CacheMark {
  readonly cacheControl?: CacheControl;
}

/** Anthropic's `cache_control`, which clients of Claude put into other formats too. */
export function readCacheControl(owner: JsonRecord, path: string): CacheMark {
  const control = optionalRecord(owner.cache_control, `${path}.cache_control`);
  if (control === null) return {};
  oneOf(control.type ?? "ephemeral", ["ephemeral"], `${path}.cache_control.type`);
  const ttl = optionalString(control.ttl, `${path}.cache_control.ttl`);
  return { cacheControl: ttl === null ? { type: "ephemeral" } : { type: "ephemeral", ttl } };
}

/**
 * In OpenAI's formats also its own `prompt_cache_breakpoint`. OpenAI's lifetimes (30m, 12h: SDK typing) are the least that is wanted;
 * the only other vendor with marks has 5m, its default, and 1h, which comes nearer to both.
 */
export function readCacheMark(owner: JsonRecord, path: string): CacheMark {
  const mark = readCacheControl(owner, path);
  if (mark.cacheControl !== undefined) return mark;
  const breakpoint = optionalRecord(owner.prompt_cache_breakpoint, `${path}.prompt_cache_breakpoint`);
  if (breakpoint === null) return {};
  const ttl = optionalString(breakpoint.ttl, `${path}.prompt_cache_breakpoint.ttl`);
  return { cacheControl: ttl === null ? { type: "ephemeral" } : { type: "ephemeral", ttl: "1h" } };
}
