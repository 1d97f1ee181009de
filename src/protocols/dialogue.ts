import {
  type AnswerReader,
  CHAT_ENDPOINTS,
  type Dialogue,
  HOME_KINDS,
  type KeptAnswer,
  type WrittenRequest,
} from "../dialogue.ts";
import { latin1, utf8 } from "../lib/bytes.ts";
import { frameData, frameEvent, SseFramer, splitFrames } from "../lib/sse.ts";
import { unfoldAnswer } from "../llm/answer.ts";
import type { LlmEvent } from "../llm/event.ts";
import type { ProtocolId, ProviderKind } from "../llm/names.ts";
import type { StreamDecoder } from "./codec.ts";
import { clientCodecs, upstreamCodecs } from "./index.ts";

/**
 * The upstream's side of each codec, turned on ourselves: what writes a vendor's requests and reads its answers does the same
 * for a client of ours, since we speak the vendors' formats.
 */
export const dialogue: Dialogue = {
  write(request, { format, kind, model, traits }): WrittenRequest {
    const encoded = upstreamCodecs[format].encodeRequest(request, {
      kind,
      model,
      traits,
      quirks: NO_QUIRKS,
      fieldName: (field) => field,
    });
    return {
      endpoint: CHAT_ENDPOINTS[format],
      pathModel: format === "gemini" ? model : null,
      body: new Uint8Array(utf8(JSON.stringify(encoded.body))),
      dropped: encoded.dropped,
      answer: () => readFrames(decoderOf(format, kind, model, encoded.toolNames)),
    };
  },
  readRequest: ({ format, body, model }) =>
    clientCodecs[format].decodeRequest(JSON.parse(decoder.decode(body)), { model, stream: true }),
  readAnswer({ format, body, model }) {
    const text = decoder.decode(body);
    return text.trimStart().startsWith("{") ? readWhole(text, format, model) : readStream({ format, body, model });
  },
};

const NO_QUIRKS: ReadonlySet<never> = new Set();
const NO_NAMES: ReadonlyMap<string, string> = new Map();
const decoder = new TextDecoder();

const newCallId = () => `call_${crypto.randomUUID().replaceAll("-", "")}`;

function decoderOf(
  format: ProtocolId,
  kind: ProviderKind,
  model: string,
  toolNames: ReadonlyMap<string, string>,
): StreamDecoder {
  return upstreamCodecs[format].decodeStream({ kind, model, toolNames, newCallId });
}

function readFrames(from: StreamDecoder): AnswerReader {
  const framer = new SseFramer();
  return {
    push(bytes) {
      const block = framer.push(bytes);
      return block === null ? [] : readBlock(block, from);
    },
    end: () => from.end(),
  };
}

function readBlock(block: Uint8Array, from: StreamDecoder): LlmEvent[] {
  const text = decoder.decode(block);
  const events: LlmEvent[] = [];
  for (const frame of splitFrames(text)) {
    const data = frameData(text, frame);
    if (data !== null) events.push(...from.push(frameEvent(text, frame), data));
  }
  return events;
}

/** A stream that was cut off says what it said. Gemini's is an array of JSON when its client did not ask for events. */
function readStream({ format, body, model }: KeptAnswer): LlmEvent[] {
  const from = decoderOf(format, HOME_KINDS[format], model, NO_NAMES);
  const isArray = latin1(body.subarray(0, 1)) === "[";
  const events = isArray ? arrayItems(body).flatMap((item) => [...from.push(null, item)]) : readBlock(body, from);
  events.push(...(from.end() ?? []));
  return events;
}

function arrayItems(body: Uint8Array): string[] {
  try {
    return (JSON.parse(decoder.decode(body)) as unknown[]).map((item) => JSON.stringify(item));
  } catch {
    return [];
  }
}

function readWhole(text: string, format: ProtocolId, model: string): readonly LlmEvent[] {
  try {
    const context = { kind: HOME_KINDS[format], model, toolNames: NO_NAMES, newCallId };
    return unfoldAnswer(upstreamCodecs[format].decodeAnswer(JSON.parse(text), context));
  } catch {
    return []; // an error, or cut off
  }
}
