import { expect } from "bun:test";
import type { LlmEvent } from "../../../src/llm/event.ts";
import type { AnswerContext } from "../../../src/protocols/codec.ts";
import { responsesClient } from "../../../src/protocols/openai-responses/codec.ts";

// biome-ignore lint/suspicious/noExplicitAny: frames are read as a client without types reads them
export type Frame = any;

/** The frames of a whole stream, with every promise of the format kept (open.json: responses.sequence, responses.lifecycle). */
export function writeStream(events: readonly LlmEvent[], context: AnswerContext): Frame[] {
  const encoder = responsesClient.encodeStream(context);
  const text = events.map((event) => encoder.push(event)).join("") + encoder.end();
  const frames = readFrames(text);
  expect(encoder.sequence).toBe(frames.length);
  expectLadder(frames);
  return frames;
}

export function readFrames(text: string): Frame[] {
  expect(text.endsWith("\n\n")).toBe(true);
  return text
    .slice(0, -2)
    .split("\n\n")
    .map((frame) => {
      const [, type, data] = /^event: (.+)\ndata: (.+)$/.exec(frame)!;
      const value = JSON.parse(data!);
      expect(value.type).toBe(type);
      return value;
    });
}

function expectLadder(frames: readonly Frame[]): void {
  expect(frames.map((frame) => frame.sequence_number)).toEqual(frames.map((_, index) => index));
  const types = frames.map((frame) => frame.type);
  expect(types.slice(0, 2)).toEqual(["response.created", "response.in_progress"]);
  const last = frames.at(-1);
  expect(["response.completed", "response.incomplete"]).toContain(last.type);
  expect(last.type).toBe(`response.${last.response.status}`);
  const items: Frame[] = [];
  for (const frame of frames.slice(2, -1)) {
    const item = items[frame.output_index];
    if (frame.type === "response.output_item.added") {
      expect(frame.output_index).toBe(items.length);
      expect(items.every((each) => each.done !== null)).toBe(true);
      expect(items.map((each) => each.id)).not.toContain(frame.item.id);
      items.push({ id: frame.item.id, type: frame.item.type, sums: new Map(), parts: new Set(), done: null });
      continue;
    }
    expect(item.done).toBeNull();
    if (frame.type === "response.output_item.done") {
      expect([frame.item.id, frame.item.type]).toEqual([item.id, item.type]);
      expect(item.parts.size).toBe(0);
      item.done = frame.item;
      continue;
    }
    expect(frame.item_id).toBe(item.id);
    const key = `${frame.content_index ?? "-"}/${frame.summary_index ?? "-"}`;
    if (frame.type.endsWith("part.added")) item.parts.add(key);
    else if (frame.type.endsWith("part.done")) expect(item.parts.delete(key)).toBe(true);
    else if (frame.type.endsWith(".delta")) item.sums.set(key, (item.sums.get(key) ?? "") + frame.delta);
    else if (frame.type.endsWith(".done")) {
      const whole = frame.text ?? frame.refusal ?? frame.arguments ?? frame.input;
      expect(whole).toBe(item.sums.get(key) ?? "");
    }
  }
  expect(last.response.output).toEqual(items.map((each) => each.done));
  const ids = frames.flatMap((frame) => (frame.response === undefined ? [] : [frame.response.id]));
  expect(new Set(ids).size).toBe(1);
}
