import type { Block } from "./upstream-content.ts";

/** Anthropic refuses a fifth (docs "Prompt caching"). */
const MOST = 4;

/**
 * Takes away the marks that are too many: kept are the last of the stable part (tools, system) and the last ones of the conversation,
 * which cover the most. They save money and change no answer, so nothing is reported.
 */
export function limitBreakpoints(stable: readonly Block[], turns: readonly Block[]): void {
  const marked = (blocks: readonly Block[]) => blocks.filter((block) => block.cache_control !== undefined);
  const early = marked(stable);
  const late = marked(turns);
  if (early.length + late.length <= MOST) return;
  const keptEarly = Math.min(early.length, Math.max(1, MOST - late.length));
  const keptLate = MOST - keptEarly;
  for (const block of early.slice(0, early.length - keptEarly)) delete block.cache_control;
  for (const block of late.slice(0, Math.max(0, late.length - keptLate))) delete block.cache_control;
}
