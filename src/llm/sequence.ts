import type { LlmEvent } from "./event.ts";

/**
 * Puts interleaved blocks one after the other, for formats in which only one may be open at a time (Anthropic, Responses): what
 * belongs to a later block waits until the earlier ones have ended. Blocks that come in order pass at once. A choice's finish
 * waits with its blocks.
 */
export function sequential(): (event: LlmEvent) => readonly LlmEvent[] {
  /** Blocks that have begun while another was going out, in order of their start. */
  const waiting = new Map<number, { readonly events: LlmEvent[]; ended: boolean }>();
  let current: number | null = null;
  let finishes: LlmEvent[] = [];
  return (event) => {
    if (event.type === "finish" && waiting.size > 0) {
      finishes.push(event);
      return [];
    }
    if (!("block" in event)) return [event];
    const { block } = event;
    const isEnd = event.type === "block_end";
    if (current === null && event.type === "block_start") {
      current = block;
      return [event];
    }
    if (block !== current) {
      const entry = waiting.get(block) ?? { events: [], ended: false };
      waiting.set(block, entry);
      entry.events.push(event);
      entry.ended ||= isEnd;
      return [];
    }
    if (!isEnd) return [event];
    const out: LlmEvent[] = [event];
    current = null;
    for (const [number, { events, ended }] of waiting) {
      out.push(...events);
      waiting.delete(number);
      if (ended) continue;
      current = number;
      break;
    }
    if (waiting.size === 0) {
      out.push(...finishes);
      finishes = [];
    }
    return out;
  };
}
