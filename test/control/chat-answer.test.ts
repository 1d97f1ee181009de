import { describe, expect, test } from "bun:test";
import { AnswerBuffer, lastSeq, pieceAfter } from "../../src/control/chat/chat-answer.ts";
import type { LlmEvent } from "../../src/llm/event.ts";
import { seededRandom } from "../support/random.ts";
import { Collected } from "./chat-fixture.ts";

const text = (block: number, choice = 0): LlmEvent => ({ type: "block_start", block, choice, kind: "text" });
const thought = (block: number): LlmEvent => ({
  type: "block_start",
  block,
  choice: 0,
  kind: "reasoning",
  redacted: false,
});
const call = (block: number, id: string): LlmEvent => ({
  type: "block_start",
  block,
  choice: 0,
  kind: "tool_call",
  id,
  name: id,
});
const delta = (block: number, words: string): LlmEvent => ({ type: "delta", block, text: words });

/** Thoughts, words and two calls whose pieces come interleaved. */
function makeEvents(random: () => number): LlmEvent[] {
  const words = ["x", "Grüße ", "🦊", "\n", '{"a":1}', "long ".repeat(20)];
  const say = (blocks: number) => delta(Math.floor(random() * blocks), words[Math.floor(random() * words.length)]!);
  const times = (count: number, blocks: number) => Array.from({ length: count }, () => say(blocks));
  return [thought(0), text(1), ...times(20, 2), call(2, "a"), call(3, "b"), text(4), ...times(60, 5)];
}

describe("the pieces of an answer", () => {
  test("add up to the whole, wherever they are cut", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = seededRandom(seed);
      const buffer = new AnswerBuffer();
      const readers = [0.1, 0.5, 1].map((share) => ({ share, got: new Collected() }));
      const read = (got: Collected) => {
        const piece = pieceAfter(buffer, got.seq);
        if (piece !== null) got.add(piece);
      };
      for (const event of makeEvents(random)) {
        buffer.push(event);
        for (const { share, got } of readers) if (random() < share) read(got);
      }
      for (const { got } of readers) {
        read(got);
        expect(got).toMatchObject({ text: buffer.text, reasoning: buffer.reasoning, toolCalls: buffer.toolCalls });
        expect([got.seq, pieceAfter(buffer, got.seq)]).toEqual([lastSeq(buffer), null]);
      }
    }
  });

  test("add up from every unit on", () => {
    const buffer = new AnswerBuffer();
    for (const event of makeEvents(seededRandom(7))) buffer.push(event);
    for (let cut = 0; cut <= buffer.seq; cut++) {
      const first = pieceAfter({ ...buffer.content(), layout: upTo(buffer.layout, cut) }, 0);
      const got = new Collected();
      if (first !== null) got.add(first);
      expect(got.seq).toBe(cut);
      const rest = pieceAfter(buffer, cut);
      if (rest !== null) got.add(rest);
      expect(got).toMatchObject({ text: buffer.text, reasoning: buffer.reasoning, toolCalls: buffer.toolCalls });
    }
  });

  test("behind the end there are none", () => {
    const buffer = new AnswerBuffer();
    for (const event of [text(0), delta(0, "abc")]) buffer.push(event);
    expect([pieceAfter(buffer, 3), pieceAfter(buffer, 99)]).toEqual([null, null]);
  });
});

describe("an answer", () => {
  test("of another choice is left out", () => {
    const buffer = new AnswerBuffer();
    for (const event of [text(0), text(1, 1), delta(0, "a"), delta(1, "b")]) buffer.push(event);
    expect(buffer.text).toBe("a");
  });

  test("that outgrows its room says so and takes no more", () => {
    const buffer = new AnswerBuffer();
    const piece = "x".repeat(400_000);
    for (const event of [text(0), delta(0, piece), delta(0, piece)]) buffer.push(event);
    expect([buffer.isFull, buffer.seq]).toEqual([false, 800_000]);
    buffer.push(delta(0, piece));
    buffer.push(delta(0, "y"));
    expect([buffer.isFull, buffer.seq]).toEqual([true, 800_000]);
  });
});

function upTo(layout: AnswerBuffer["layout"], cut: number): AnswerBuffer["layout"] {
  let room = cut;
  return layout.flatMap(([kind, units, index]) => {
    const taken = Math.min(units, room);
    room -= taken;
    return taken === 0 ? [] : [[kind, taken, ...(index === undefined ? [] : [index])] as never];
  });
}
