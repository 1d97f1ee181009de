import { describe, expect, test } from "bun:test";
import type { LlmEvent } from "../../src/llm/event.ts";
import { sequential } from "../../src/llm/sequence.ts";
import { seededRandom } from "../support/random.ts";

const open = (block: number, choice = 0): LlmEvent => ({ type: "block_start", block, choice, kind: "text" });
const delta = (block: number, text: string): LlmEvent => ({ type: "delta", block, text });
const end = (block: number): LlmEvent => ({ type: "block_end", block });
const finish = (choice = 0): LlmEvent => ({ type: "finish", choice, reason: { unified: "stop", raw: null } });

function run(events: readonly LlmEvent[]): { all: LlmEvent[]; steps: number[] } {
  const take = sequential();
  const steps = events.map((event) => take(event));
  return { all: steps.flat(), steps: steps.map((step) => step.length) };
}

/** Blocks of one or two choices, each started in order, their deltas and ends mixed as chance has it; finishes after their blocks. */
function interleave(random: () => number): LlmEvent[] {
  const choices = random() < 0.7 ? 1 : 2;
  const count = 1 + Math.floor(random() * 6);
  const choiceOf = Array.from({ length: count }, () => Math.floor(random() * choices));
  const events: LlmEvent[] = [{ type: "start", id: null, model: null }];
  const running = new Map<number, number>();
  const left = choiceOf.map(() => Math.floor(random() * 4));
  let started = 0;
  let ended = 0;
  const finished = new Set<number>();
  const finishReady = () => {
    for (let choice = 0; choice < choices; choice++) {
      const isOpen = choiceOf.some((of, block) => of === choice && (block >= started || running.has(block)));
      if (isOpen || finished.has(choice)) continue;
      finished.add(choice);
      events.push(finish(choice));
    }
  };
  while (ended < count) {
    if (started < count && (running.size === 0 || random() < 0.4)) {
      events.push(open(started, choiceOf[started]));
      running.set(started, 0);
      started++;
      continue;
    }
    const blocks = [...running.keys()];
    const block = blocks[Math.floor(random() * blocks.length)]!;
    if (left[block]! > 0) {
      left[block]!--;
      events.push(delta(block, `${block}.${left[block]}`));
    } else {
      if (random() < 0.3) events.push({ type: "signature", block, signature: { vendor: "gemini", value: `${block}` } });
      events.push(end(block));
      running.delete(block);
      ended++;
      finishReady();
    }
  }
  return events;
}

const ofBlock = (events: readonly LlmEvent[], block: number) =>
  events.filter((event) => "block" in event && event.block === block);

describe("sequential", () => {
  test("any interleaving comes out one after the other, with nothing lost or turned round", () => {
    const random = seededRandom(7);
    for (let round = 0; round < 2000; round++) {
      const events = interleave(random);
      const { all } = run(events);
      expect(all).toHaveLength(events.length);
      const blocks = [...new Set(events.flatMap((event) => ("block" in event ? [event.block] : [])))];
      for (const block of blocks) expect(ofBlock(all, block)).toEqual(ofBlock(events, block));
      let current: number | null = null;
      const choiceOf = new Map<number, number>();
      const finished = new Set<number>();
      for (const event of all) {
        if (event.type === "finish") finished.add(event.choice);
        if (!("block" in event)) continue;
        if (event.type === "block_start") {
          expect(current).toBeNull();
          current = event.block;
          choiceOf.set(event.block, event.choice);
        }
        expect(event.block).toBe(current!);
        expect(finished.has(choiceOf.get(event.block)!)).toBe(false);
        if (event.type === "block_end") current = null;
      }
      const starts = all.flatMap((event) => (event.type === "block_start" ? [event.block] : []));
      expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    }
  });

  test("blocks that come in order pass at once", () => {
    const events = [open(0), delta(0, "a"), end(0), open(1), delta(1, "b"), end(1), finish()];
    expect(run(events)).toEqual({ all: events, steps: events.map(() => 1) });
  });

  test("a block that waits goes out as it comes once it is its turn", () => {
    const { all, steps } = run([open(0), open(1), delta(1, "x"), end(0), delta(1, "y"), end(1), finish()]);
    expect(steps).toEqual([1, 0, 0, 3, 1, 1, 1]);
    expect(all.at(-1)).toEqual(finish());
  });

  test("usage and errors never wait", () => {
    const error: LlmEvent = { type: "error", error: { status: 502, code: "x", message: "m" } };
    expect(run([open(0), open(1), error]).all).toEqual([open(0), error]);
  });
});
