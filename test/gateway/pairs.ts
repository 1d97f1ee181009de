import { Abort } from "../../src/gateway/abort.ts";
import { AnswerTranslation } from "../../src/gateway/answer-translation.ts";
import { type StreamEnd, UpstreamStream } from "../../src/gateway/upstream-stream.ts";
import type { HttpBody } from "../../src/lib/http-client/types.ts";
import {
  type EndpointId,
  PROTOCOLS,
  PROVIDER_KINDS,
  type ProtocolId,
  type ProviderKind,
  type Wire,
} from "../../src/llm/names.ts";
import { EMPTY_REQUEST } from "../../src/llm/request.ts";
import type { AnswerContext } from "../../src/protocols/codec.ts";
import { clientCodecs, protocols, upstreamCodecs } from "../../src/protocols/index.ts";
import type { StreamWatcher } from "../../src/protocols/protocol.ts";
import { dialects } from "../../src/providers/index.ts";
import { serviceOf } from "../../src/providers/wires.ts";

/** A client format on a kind of upstream, as the gateway's own table joins them. */
export interface Pair {
  readonly format: ProtocolId;
  readonly kind: ProviderKind;
  readonly wire: Wire;
  /** Bytes pass, watched. */
  readonly isNative: boolean;
}

const ENDPOINT: Readonly<Record<ProtocolId, EndpointId>> = {
  "openai-chat": "chat.completions",
  "openai-responses": "responses",
  "anthropic-messages": "messages",
  gemini: "gemini.streamGenerateContent",
};

/** Every pair, and every bridge beside it. */
export const PAIRS: readonly Pair[] = PROTOCOLS.flatMap((format) =>
  PROVIDER_KINDS.flatMap((kind) => pairsOf(format, kind)),
);

function pairsOf(format: ProtocolId, kind: ProviderKind): Pair[] {
  const service = serviceOf(ENDPOINT[format], kind);
  if (service.how !== "native" && service.how !== "translated") throw new Error(`${kind} does not serve ${format}`);
  const isNative = service.how === "native";
  const main = { format, kind, wire: isNative ? format : service.wire, isNative };
  return service.bridge === null ? [main] : [main, { format, kind, wire: service.bridge, isNative: false }];
}

export function nameOf({ format, kind, wire, isNative }: Pair): string {
  return `${format} on ${kind}${isNative ? ", native" : `, spoken to in ${wire}`}`;
}

const REQUEST_ID = "req_0123456789";
const MODEL = "alias";
const NOW_MS = Date.UTC(2026, 10, 20);

export interface Outcome {
  /** What the client gets, the frames of an error at the end included. */
  readonly out: string;
  readonly end: StreamEnd["kind"];
}

/** The gateway's own path of one stream, from the network's chunks to the client's bytes. */
export function relay(pair: Pair, chunks: readonly Uint8Array[]): Outcome {
  const watcher = pair.isNative ? watchNative(pair) : translate(pair);
  const stream = new UpstreamStream(NO_BODY, watcher, {
    abort: new Abort(),
    firstTokenMs: Number.POSITIVE_INFINITY,
    idleMs: Number.POSITIVE_INFINITY,
    maxEventBytes: 1_000_000,
  });
  const out: Uint8Array[] = [];
  for (const chunk of [...chunks, null]) {
    if (stream.ended !== null) break;
    const block = stream.accept(chunk);
    if (block !== null) out.push(block);
  }
  const end = stream.ended!.kind;
  const text = Buffer.concat(out).toString();
  if (end === "complete") return { out: text, end };
  const error = { status: 502, code: "upstream_error", message: "cut" };
  return { out: text + protocols[pair.format].encodeStreamError(error, REQUEST_ID, watcher.facts), end };
}

/** Which frame of these is the first that the client could not be spared: before it, nothing is sent. */
export function hasContent(pair: Pair, bytes: Uint8Array): boolean {
  const watcher = pair.isNative ? watchNative(pair) : translate(pair);
  watcher.take(bytes);
  return watcher.facts.hasContent;
}

function translate({ format, kind, wire }: Pair): StreamWatcher {
  let calls = 0;
  const context: AnswerContext = {
    requestId: REQUEST_ID,
    model: MODEL,
    createdAtMs: NOW_MS,
    request: { ...EMPTY_REQUEST, model: MODEL, stream: true },
    body: { model: MODEL },
  };
  const translation = new AnswerTranslation({
    wire,
    upstream: upstreamCodecs[wire],
    decode: { kind, model: "up", toolNames: new Map(), newCallId: () => `call_made_${++calls}` },
    client: clientCodecs[format],
    context,
    remember: () => {},
  });
  return translation.watch();
}

function watchNative({ format, kind }: Pair): StreamWatcher {
  return protocols[format].watchStream({
    endpoint: ENDPOINT[format],
    clientWantsUsage: true,
    repair: dialects[kind].sloppyStreams,
    requestId: REQUEST_ID,
    model: "up",
    nowMs: NOW_MS,
  });
}

/** Nothing is read by itself: chunks are handed to `accept`. */
const NO_BODY = {
  length: 0,
  read: () => null,
  poll: () => null,
  whenReadable: () => {},
  readAll: () => new Uint8Array(),
  cancel: () => {},
} as unknown as HttpBody;
