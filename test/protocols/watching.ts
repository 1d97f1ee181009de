import { SseFramer } from "../../src/lib/sse.ts";
import type { ProtocolId } from "../../src/llm/names.ts";
import { protocols } from "../../src/protocols/index.ts";
import type { StreamFacts, WatchOptions } from "../../src/protocols/protocol.ts";
import { CHAT_STREAM_WITH_USAGE, GEMINI_STREAM, MESSAGE_STREAM, responseStream } from "../support/samples.ts";

const OPTIONS: WatchOptions = {
  endpoint: "chat.completions",
  clientWantsUsage: true,
  repair: false,
  requestId: "req_1",
  model: "m",
  nowMs: Date.UTC(2026, 10, 20),
};

/** The formats, each with a whole stream and the watcher's options for it. */
export const formats: readonly (readonly [ProtocolId, readonly string[], WatchOptions])[] = [
  ["openai-chat", CHAT_STREAM_WITH_USAGE, OPTIONS],
  ["openai-responses", responseStream(), { ...OPTIONS, endpoint: "responses" }],
  ["anthropic-messages", MESSAGE_STREAM, { ...OPTIONS, endpoint: "messages" }],
  ["gemini", GEMINI_STREAM, { ...OPTIONS, endpoint: "gemini.streamGenerateContent" }],
];

export interface Watched {
  readonly out: string;
  /** What completes the stream; null: it was cut. */
  readonly end: string | null;
  readonly facts: StreamFacts;
  /** After how many of the given pieces content was seen; 0 when never. */
  readonly contentAfter: number;
}

/** Lets a watcher see a stream in these pieces, as the gateway does. */
export function watch(
  id: ProtocolId,
  pieces: readonly (string | Uint8Array)[],
  options: Partial<WatchOptions> = {},
): Watched {
  const defaults = formats.find(([each]) => each === id)![2];
  const watcher = protocols[id].watchStream({ ...defaults, ...options });
  const framer = new SseFramer();
  const out: Uint8Array[] = [];
  let contentAfter = 0;
  for (const [index, piece] of pieces.entries()) {
    const block = framer.push(new Uint8Array(Buffer.from(piece as string)));
    const taken = block === null || watcher.facts.error !== null ? null : watcher.take(block);
    if (taken !== null) out.push(taken);
    if (contentAfter === 0 && watcher.facts.hasContent) contentAfter = index + 1;
  }
  const end = watcher.end();
  return {
    out: Buffer.concat(out).toString(),
    end: end === null ? null : Buffer.from(end).toString(),
    facts: watcher.facts,
    contentAfter,
  };
}
