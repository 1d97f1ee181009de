import { describe, expect, test } from "bun:test";
import { frameData, frameEvent, SseFramer, splitFrames } from "../../src/lib/sse.ts";
import { seededRandom } from "../support/random.ts";
import { cpuMs } from "../support/timing.ts";

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (block: Uint8Array | null) => (block === null ? null : Buffer.from(block).toString());
const latin1 = (source: string) => Buffer.from(source).toString("latin1");

interface Parsed {
  readonly event: string | null;
  readonly data: string | null;
}
function parse(block: string): Parsed[] {
  const source = latin1(block);
  return splitFrames(source).map((frame) => ({
    event: frameEvent(source, frame),
    data: ((data) => (data === null ? null : Buffer.from(data, "latin1").toString()))(frameData(source, frame)),
  }));
}

/** Pushes the pieces and gives the blocks that came out, and what was left. */
function frame(pieces: readonly Uint8Array[]): { blocks: string[]; rest: string | null } {
  const framer = new SseFramer();
  const blocks = pieces.flatMap((piece) => text(framer.push(piece)) ?? []);
  return { blocks, rest: text(framer.rest()) };
}

const streams: [name: string, source: string, events: Parsed[]][] = [
  [
    "LF",
    'data: {"a":1}\n\ndata: [DONE]\n\n',
    [
      { event: null, data: '{"a":1}' },
      { event: null, data: "[DONE]" },
    ],
  ],
  [
    "CRLF",
    "data: a\r\n\r\nevent: x\r\ndata: b\r\n\r\n",
    [
      { event: null, data: "a" },
      { event: "x", data: "b" },
    ],
  ],
  [
    "CR",
    "data: a\r\rdata: b\r\r",
    [
      { event: null, data: "a" },
      { event: null, data: "b" },
    ],
  ],
  [
    "LF then CRLF",
    "data: a\n\r\ndata: b\n\n",
    [
      { event: null, data: "a" },
      { event: null, data: "b" },
    ],
  ],
  ["names", "event: message_start\ndata: {}\n\n", [{ event: "message_start", data: "{}" }]],
  ["the name behind", "data: {}\nevent: late\n\n", [{ event: "late", data: "{}" }]],
  [
    "comments",
    ": ping\n\n: more\ndata: a\n\n",
    [
      { event: null, data: null },
      { event: null, data: "a" },
    ],
  ],
  ["ids and retry", "id: 1\nretry: 3\ndata: a\n\n", [{ event: null, data: "a" }]],
  ["several data lines", "data: {\ndata:  1\ndata: }\n\n", [{ event: null, data: "{\n 1\n}" }]],
  [
    "no space, two spaces",
    "data:a\n\ndata:  b\n\n",
    [
      { event: null, data: "a" },
      { event: null, data: " b" },
    ],
  ],
  [
    "empty data",
    "data:\n\ndata\n\n",
    [
      { event: null, data: "" },
      { event: null, data: "" },
    ],
  ],
  ["fields that only begin like data", "database: x\ndata: a\n\n", [{ event: null, data: "a" }]],
  [
    "a byte order mark",
    "\ufeffdata: a\n\ndata: b\n\n",
    [
      { event: null, data: "a" },
      { event: null, data: "b" },
    ],
  ],
  ["characters of many bytes", "data: Grüße 🦊 模型\n\n", [{ event: null, data: "Grüße 🦊 模型" }]],
];

describe("frames", () => {
  test.each(streams)("are read with %s", (_, source, events) => {
    expect(parse(source)).toEqual(events);
  });

  test("cover the block without gaps", () => {
    for (const [, source] of streams) {
      const frames = splitFrames(latin1(source));
      expect(frames[0]!.start).toBe(0);
      expect(frames.at(-1)!.end).toBe(latin1(source).length);
      for (const [index, each] of frames.entries()) expect(each.start).toBe(index === 0 ? 0 : frames[index - 1]!.end);
    }
  });
});

describe("the framer", () => {
  test.each(streams)("cut at any one byte loses and splits nothing (%s)", (_, source, events) => {
    const all = bytes(source);
    for (let at = 0; at <= all.length; at++) {
      const { blocks, rest } = frame([all.subarray(0, at), all.subarray(at)]);
      expect(blocks.join("")).toBe(source);
      expect(rest).toBeNull();
      expect(blocks.flatMap(parse)).toEqual(events);
    }
  });

  test.each(streams)("fed byte by byte loses and splits nothing (%s)", (_, source, events) => {
    const { blocks, rest } = frame(Array.from(bytes(source), (byte) => Uint8Array.of(byte)));
    expect([blocks.join(""), rest]).toEqual([source, null]);
    expect(blocks.flatMap(parse)).toEqual(events);
  });

  test("cut at random holds nothing back that is whole", () => {
    const random = seededRandom(5);
    const source = streams.slice(0, 12).map(([, each]) => each);
    for (let round = 0; round < 500; round++) {
      const chosen = Array.from({ length: 6 }, () => source[Math.floor(random() * source.length)]!).join("");
      const all = bytes(chosen);
      const framer = new SseFramer();
      let out = "";
      for (let at = 0; at < all.length; ) {
        const next = Math.min(all.length, at + 1 + Math.floor(random() * 9));
        out += text(framer.push(all.subarray(at, next))) ?? "";
        at = next;
        expect(Buffer.from(out).length + framer.pending).toBe(at);
      }
      expect(out).toBe(chosen);
      expect(framer.rest()).toBeNull();
    }
  });

  test("gives whole chunks back without copying them", () => {
    const chunk = bytes("data: a\n\n");
    expect(new SseFramer().push(chunk)).toBe(chunk);
  });

  test("keeps a half frame, counts it, and gives it at the end", () => {
    const framer = new SseFramer();
    expect(text(framer.push(bytes("data: a\n\ndata: b")))).toBe("data: a\n\n");
    expect(framer.pending).toBe(7);
    expect(framer.push(bytes("c\n"))).toBeNull();
    expect(framer.pending).toBe(9);
    expect(framer.push(bytes(""))).toBeNull();
    expect(text(framer.rest())).toBe("data: bc\n");
  });

  test("takes linear time for a frame that never ends", () => {
    const framer = new SseFramer();
    const block = new Uint8Array(65_536).fill(97);
    const spentMs = cpuMs(() => {
      for (let round = 0; round < 256; round++) framer.push(block);
      expect(framer.pending).toBe(256 * 65_536);
    });
    expect(spentMs).toBeLessThan(1000);
  });
});

test.each([
  ["event: a\ndata: b\n\n", "a", "b"],
  ["data: b\n\n", null, "b"],
  ["event: a\r\ndata: b\r\n\r\n", "a", "b"],
  ["event: a\ndata: b\rdata: c\n\n", "a", "b\nc"],
  ["data: b\revent: a\n\n", "a", "b"],
  ["event: x\rid: 1\ndata: b\n\n", "x", "b"],
  ["event: a\nid: 1\ndata: b\n\n", "a", "b"],
  ["event:a\ndata:b\n\n", "a", "b"],
  ["event: a\n\n", "a", null],
])("event and data of %j", (text, event, data) => {
  const [frame] = splitFrames(text);
  expect([frameEvent(text, frame!), frameData(text, frame!)]).toEqual([event, data]);
});
