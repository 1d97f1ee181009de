import { latin1, utf8 } from "../lib/bytes.ts";
import { type Frame, frameData, frameEvent, splitFrames } from "../lib/sse.ts";
import type { GatewayErrorLike } from "../llm/failure.ts";
import type { Usage } from "../llm/usage.ts";
import type { StreamFacts, StreamWatcher } from "./protocol.ts";

/** What a format decides about one frame: let it through, take it out, write something else, or stop: it is an error. */
export type Verdict = "keep" | "drop" | "error" | { readonly replace: string };

/** The mutable side of StreamFacts, written by the format's step function. */
export interface MutableFacts extends StreamFacts {
  hasContent: boolean;
  finished: boolean;
  isOver?: boolean;
  error: string | null;
  failure?: GatewayErrorLike | null;
  usage: Usage | null;
  rawUsage: string | null;
  frames: number;
  boundIds: string[];
  sequence: number;
}

export interface FrameView {
  /** Latin1 of the data lines. */
  readonly data: string;
  /** The event name is looked up only when a format needs it. */
  event(): string | null;
}

/**
 * The part of watching that all formats share: one latin1 view of the block, frame by frame, bytes untouched unless a verdict
 * says otherwise.
 */
export function createWatcher(
  step: (frame: FrameView, facts: MutableFacts) => Verdict,
  end: (facts: MutableFacts) => string | null,
): StreamWatcher {
  const facts: MutableFacts = {
    hasContent: false,
    finished: false,
    error: null,
    usage: null,
    rawUsage: null,
    frames: 0,
    boundIds: [],
    sequence: 0,
  };
  return {
    facts,
    take: (block) => takeBlock(block, facts, step),
    end: () => {
      const tail = end(facts);
      return tail === null ? null : utf8(tail);
    },
  };
}

function takeBlock(
  block: Uint8Array,
  facts: MutableFacts,
  step: (frame: FrameView, facts: MutableFacts) => Verdict,
): Uint8Array | null {
  const text = latin1(block);
  let parts: string[] | null = null;
  let keptFrom = 0;
  for (const frame of splitFrames(text)) {
    const data = frameData(text, frame);
    if (data === null) continue; // a comment, or a frame without data: passes
    facts.frames++;
    const verdict = step(viewOf(text, frame, data), facts);
    if (verdict === "keep") continue;
    parts ??= [];
    parts.push(text.slice(keptFrom, frame.start));
    keptFrom = frame.end;
    if (verdict === "error") return joinLatin1(parts);
    if (verdict !== "drop") parts.push(verdict.replace);
  }
  if (parts === null) return block;
  parts.push(text.slice(keptFrom));
  return joinLatin1(parts);
}

function viewOf(text: string, frame: Frame, data: string): FrameView {
  return { data, event: () => frameEvent(text, frame) };
}

function joinLatin1(parts: readonly string[]): Uint8Array | null {
  const text = parts.join("");
  return text.length === 0 ? null : Buffer.from(text, "latin1");
}

/** A frame's text for `Verdict.replace`: latin1, as the block it goes into. */
export function toLatin1(text: string): string {
  return latin1(utf8(text));
}
