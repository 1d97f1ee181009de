import { describe, expect, test } from "bun:test";
import { watch } from "../watching.ts";

/** Calls on the same-format way: what a repaired stream says of index and id. */
function repaired(
  ...deltas: readonly (readonly object[])[]
): readonly (readonly [index: number, id: string | undefined])[] {
  const frames = deltas.map(
    (tool_calls) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls } }] })}\n\n`,
  );
  const { out } = watch("openai-chat", frames, { repair: true });
  return out
    .split("\n\n")
    .filter((frame) => frame.includes("tool_calls"))
    .flatMap((frame) => JSON.parse(frame.slice(6)).choices[0].delta.tool_calls)
    .map(({ index, id }) => [index, id]);
}

const named = (id: string | undefined, index?: number) => ({ index, id, function: { name: "f", arguments: "{" } });
const piece = (index?: number, id?: string) => ({ index, id, function: { arguments: "}" } });

describe("a repaired stream's calls", () => {
  test("keep the vendor's indices when they are right", () => {
    expect(repaired([named("a", 0)], [named("b", 1)], [piece(0)], [piece(1)])).toEqual([
      [0, "a"],
      [1, "b"],
      [0, undefined],
      [1, undefined],
    ]);
  });

  test("are told apart by id when all have index 0", () => {
    expect(repaired([named("a", 0)], [named("b", 0)], [piece(0)])).toEqual([
      [0, "a"],
      [1, "b"],
      [1, undefined],
    ]);
  });

  test("are counted from 0 without gaps", () => {
    expect(repaired([named("a", 1)], [piece(1)], [named("b", 5)])).toEqual([
      [0, "a"],
      [0, undefined],
      [1, "b"],
    ]);
  });

  test("get an index from their id or their order when they have none", () => {
    expect(repaired([named("a")], [named("b")], [piece(undefined, "a")], [piece()])).toEqual([
      [0, "a"],
      [1, "b"],
      [0, "a"],
      [1, undefined],
    ]);
  });

  test("get ids of their own when theirs are empty", () => {
    const [first, second] = repaired([named(""), named("")]);
    expect([first![0], second![0]]).toEqual([0, 1]);
    expect(new Set([first![1], second![1], "", undefined]).size).toBe(4);
  });
});
