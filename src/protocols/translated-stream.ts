import { latin1, utf8 } from "../lib/bytes.ts";
import { frameData, frameEvent, splitFrames } from "../lib/sse.ts";
import { type LlmAnswer, unfoldAnswer } from "../llm/answer.ts";
import type { LlmEvent } from "../llm/event.ts";
import type { GatewayErrorLike } from "../llm/failure.ts";
import type { StreamDecoder, StreamEncoder } from "./codec.ts";
import type { StreamWatcher } from "./protocol.ts";
import type { MutableFacts } from "./stream.ts";

const decoder = new TextDecoder();

export interface TranslationOptions {
  readonly from: StreamDecoder;
  readonly to: StreamEncoder;
  /** Sees every event before it is written. */
  readonly onEvent?: ((event: LlmEvent) => void) | undefined;
  /** The answer has come to its end and is whole. */
  readonly onEnd?: (() => void) | undefined;
}

/**
 * A stream of one format written in another, behind the interface of a watched stream: the relay does not know the difference. What
 * one block of frames brings goes out as one block.
 */
export function translateStream(options: TranslationOptions): StreamWatcher {
  const { from, to } = options;
  const facts = newFacts();
  const writer = createWriter(options, facts);
  return {
    facts,
    take: (block) => {
      let out = "";
      const text = decoder.decode(block);
      for (const frame of splitFrames(text)) {
        // Behind its own end mark or an error a stream says nothing.
        if (facts.isOver || facts.error !== null) break;
        const data = frameData(text, frame);
        if (data === null) continue; // a comment, or a frame without data
        facts.frames++;
        const event = frameEvent(text, frame);
        out += writer.write(from.push(event, data), data);
        const last = facts.error === null && isEndMark(event, data) ? from.end() : null;
        if (last !== null) out += writer.write(last, data) + writer.finish();
      }
      facts.sequence = to.sequence;
      return out === "" ? null : utf8(out);
    },
    end: () => {
      if (facts.finished) return EMPTY;
      const last = from.end();
      if (last === null) return null;
      const out = writer.write(last, "");
      if (facts.error !== null) return null;
      const tail = utf8(out + writer.finish());
      facts.sequence = to.sequence;
      return tail;
    },
  };
}

/** A whole answer for a client that asked for a stream: all frames at its end. */
export function streamOfAnswer(answer: LlmAnswer, options: Omit<TranslationOptions, "from">): StreamWatcher {
  const facts = newFacts();
  const writer = createWriter(options, facts);
  return {
    facts,
    take: () => null,
    end: () => {
      const out = writer.write(unfoldAnswer(answer), "");
      const tail = utf8(out + writer.finish());
      facts.sequence = options.to.sequence;
      return tail;
    },
  };
}

export interface Collected extends StreamWatcher {
  readonly events: readonly LlmEvent[];
}

/**
 * A stream for a client that asked for a whole answer: its events are kept, and nothing counts as content before the end, so that
 * whatever goes wrong can still be tried again. Throws RangeError beyond `maxBytes`.
 */
export function collectStream(from: StreamDecoder, maxBytes: number): Collected {
  const facts = newFacts();
  const events: LlmEvent[] = [];
  let bytes = 0;
  const keep = (some: readonly LlmEvent[], data: string) => {
    for (const event of some) {
      if (event.type === "error") fail(facts, event.error, data);
      else events.push(event);
    }
  };
  return {
    facts,
    events,
    take: (block) => {
      bytes += block.length;
      if (bytes > maxBytes) throw new RangeError("the answer was larger than the limit");
      const text = decoder.decode(block);
      for (const frame of splitFrames(text)) {
        const data = frameData(text, frame);
        if (data === null) continue;
        facts.frames++;
        keep(from.push(frameEvent(text, frame), data), data);
        if (facts.error !== null) break;
      }
      return null;
    },
    end: () => {
      const last = from.end();
      if (last === null) return null;
      keep(last, "");
      return facts.error === null ? EMPTY : null;
    },
  };
}

const EMPTY = new Uint8Array();

function createWriter({ to, onEvent, onEnd }: Omit<TranslationOptions, "from">, facts: MutableFacts) {
  return {
    write(events: readonly LlmEvent[], data: string): string {
      let out = "";
      for (const event of events) {
        if (event.type === "error") {
          fail(facts, event.error, data);
          return out;
        }
        note(event, facts);
        onEvent?.(event);
        out += to.push(event);
      }
      return out;
    },
    finish(): string {
      facts.finished = true;
      facts.isOver = true;
      onEnd?.();
      return to.end();
    },
  };
}

/** The first thing that a client can see or act on; an empty text block that has only been opened can still fail over. */
function note(event: LlmEvent, facts: MutableFacts): void {
  switch (event.type) {
    case "delta":
    case "signature":
      facts.hasContent = true;
      return;
    case "block_start":
      if (event.kind !== "text") facts.hasContent = true;
      return;
    case "usage":
      facts.usage = event.usage;
      facts.rawUsage = JSON.stringify(event.raw);
      return;
  }
}

function fail(facts: MutableFacts, failure: GatewayErrorLike, data: string): void {
  facts.failure = failure;
  facts.error = latin1(utf8(data === "" ? JSON.stringify({ error: failure }) : data));
}

/** Formats with an end mark are at their end with it, even while their upstream keeps the connection open. */
function isEndMark(event: string | null, data: string): boolean {
  return (
    event === "message_stop" ||
    event === "response.completed" ||
    event === "response.incomplete" ||
    data === "[DONE]" ||
    data === '"[DONE]"'
  );
}

function newFacts(): MutableFacts {
  return {
    hasContent: false,
    finished: false,
    isOver: false,
    error: null,
    failure: null,
    usage: null,
    rawUsage: null,
    frames: 0,
    boundIds: [],
    sequence: 0,
  };
}
