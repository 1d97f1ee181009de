import type { BlockStart, FinishReason, LlmEvent } from "../../llm/event.ts";
import type { DecodeContext } from "../codec.ts";
import { readDataUrl } from "../data-url.ts";
import { asRecord, readCount } from "../usage.ts";
import { type CallDelta, positionOfCall } from "./call-index.ts";

type Fields = Readonly<Record<string, unknown>>;
type TextKind = "text" | "reasoning" | "refusal";

interface Call {
  readonly index: number | null;
  id: string | null;
  /** Null until the call has a name: before that it cannot begin. */
  block: number | null;
  waiting: string;
  signature: string | null;
}

/** Reads one choice's deltas; a whole answer's message is read as a single delta. */
export interface ChoiceReader {
  delta(delta: Fields, emit: Emit): void;
  /** Ends all blocks and the choice. `raw` is the vendor's reason; null when its stream ended properly without one. */
  finish(raw: string | null, emit: Emit): void;
}

export type Emit = (event: LlmEvent) => void;

/**
 * Text, reasoning and refusals run one after the other and end when another kind begins, so that a chunk with both reasoning and
 * content (I21) is split. Calls stay open to the end: deltas of parallel calls come interleaved (I09).
 */
export function readChoice(choice: number, context: DecodeContext, newBlock: () => number): ChoiceReader {
  let open: { readonly kind: TextKind; readonly block: number } | null = null;
  let isFinished = false;
  let isRefused = false;
  const calls: Call[] = [];
  const sound: string[] = [];

  const closeText = (emit: Emit) => {
    if (open !== null) emit({ type: "block_end", block: open.block });
    open = null;
  };

  const openText = (kind: TextKind, emit: Emit): number => {
    if (open?.kind === kind) return open.block;
    closeText(emit);
    const block = newBlock();
    open = { kind, block };
    const start: BlockStart =
      kind === "reasoning"
        ? { type: "block_start", block, choice, kind, redacted: false }
        : { type: "block_start", block, choice, kind };
    emit(start);
    return block;
  };

  const say = (kind: TextKind, text: string, emit: Emit) => {
    if (text === "") return;
    if (kind === "refusal") isRefused = true;
    emit({ type: "delta", block: openText(kind, emit), text });
  };

  const media = (mediaType: string, base64: string, emit: Emit) => {
    closeText(emit);
    const block = newBlock();
    emit({ type: "block_start", block, choice, kind: "media", mediaType, base64 });
    emit({ type: "block_end", block });
  };

  const readCall = (call: Fields, delta: CallDelta, emit: Emit) => {
    const fn = asRecord(call.function);
    const name = filled(fn?.name);
    const position = positionOfCall(delta, calls);
    let known = calls[position];
    if (known === undefined) {
      known = { index: delta.index, id: delta.id, block: null, waiting: "", signature: null };
      calls.push(known);
    }
    const args = argumentsOf(fn?.arguments);
    const signature = filled(asRecord(asRecord(call.extra_content)?.google)?.thought_signature);
    if (known.block === null) {
      known.id ??= delta.id;
      known.waiting += args;
      known.signature ??= signature;
      if (name !== null) beginCall(known, name, emit);
      return;
    }
    if (args !== "") emit({ type: "delta", block: known.block, text: args });
    if (signature !== null && known.signature === null) sign(known, known.block, signature, emit);
  };

  const beginCall = (call: Call, name: string, emit: Emit) => {
    closeText(emit);
    const isTaken = calls.some((each) => each !== call && each.id === call.id);
    const id = call.id === null || isTaken ? context.newCallId() : call.id;
    call.id = id;
    const block = newBlock();
    call.block = block;
    emit({ type: "block_start", block, choice, kind: "tool_call", id, name: context.toolNames.get(name) ?? name });
    if (call.waiting !== "") emit({ type: "delta", block, text: call.waiting });
    if (call.signature !== null) sign(call, block, call.signature, emit);
  };

  const sign = (call: Call, block: number, value: string, emit: Emit) => {
    call.signature = value;
    emit({ type: "signature", block, signature: { vendor: "gemini", value } });
  };

  const readAudio = (audio: Fields, emit: Emit) => {
    if (typeof audio.data === "string" && audio.data !== "") sound.push(audio.data);
    if (typeof audio.transcript === "string") say("text", audio.transcript, emit);
  };

  const delta = (fields: Fields, emit: Emit) => {
    if (isFinished) return;
    say("reasoning", reasoningOf(fields), emit);
    for (const { kind, text } of contentPieces(fields.content)) say(kind, text, emit);
    for (const annotation of listOf(fields.annotations)) {
      const citation = asRecord(asRecord(annotation)?.url_citation);
      const url = filled(citation?.url);
      if (url === null) continue;
      const [start, end] = [readCount(citation?.start_index), readCount(citation?.end_index)];
      const title = filled(citation?.title);
      emit({ type: "citation", block: openText("text", emit), citation: { url, title, citedText: null, start, end } });
    }
    if (typeof fields.refusal === "string") say("refusal", fields.refusal, emit);
    for (const image of listOf(fields.images)) readImage(asRecord(image), { say, media, emit });
    const audio = asRecord(fields.audio);
    if (audio !== null) readAudio(audio, emit);
    for (const value of listOf(fields.tool_calls)) {
      const call = asRecord(value);
      if (call === null) continue;
      const index = typeof call.index === "number" ? call.index : null;
      readCall(call, { index, id: filled(call.id), isNamed: filled(asRecord(call.function)?.name) !== null }, emit);
    }
    // The legacy form has one call and no id.
    const legacy = asRecord(fields.function_call);
    if (legacy !== null) {
      readCall({ function: legacy }, { index: 0, id: null, isNamed: filled(legacy.name) !== null }, emit);
    }
  };

  const finish = (raw: string | null, emit: Emit) => {
    if (isFinished) return;
    isFinished = true;
    closeText(emit);
    for (const { block } of calls) if (block !== null) emit({ type: "block_end", block });
    // The format is the request's, which a decoder does not see; chat's default for whole answers is wav.
    if (sound.length > 0) media("audio/wav", joinBase64(sound), emit);
    const hasCalls = calls.some(({ block }) => block !== null);
    emit({ type: "finish", choice, reason: { unified: unifiedReason(raw, { hasCalls, isRefused }), raw } });
  };

  return { delta, finish };
}

/**
 * "stop" beside calls is a call: OpenAI says so when a named function was forced, compatible servers at any time. A refusal of
 * OpenAI's ends with "stop" too.
 */
function unifiedReason(
  raw: string | null,
  { hasCalls, isRefused }: { hasCalls: boolean; isRefused: boolean },
): FinishReason["unified"] {
  switch (raw) {
    case null:
    case "stop":
    case "eos":
    case "end_turn":
    case "stop_sequence":
      return hasCalls ? "tool_calls" : isRefused ? "refusal" : "stop";
    case "length":
    case "max_tokens":
    case "model_length":
      return "length";
    case "tool_calls":
    case "function_call":
    case "tool_use":
      return "tool_calls";
    case "content_filter":
    case "sensitive": // Zhipu
      return "content_filter";
    case "refusal":
      return "refusal";
    default:
      return "other";
  }
}

/** `reasoning_content`, or `reasoning` (OpenRouter, Groq, Ollama), or only OpenRouter's list; never two of them. */
function reasoningOf({ reasoning_content, reasoning, reasoning_details }: Fields): string {
  const text = filled(reasoning_content) ?? filled(reasoning);
  if (text !== null) return text;
  return listOf(reasoning_details)
    .map((entry) => {
      const detail = asRecord(entry);
      return filled(detail?.text) ?? filled(detail?.summary) ?? "";
    })
    .join("");
}

interface Piece {
  readonly kind: TextKind;
  readonly text: string;
}

/** A string, or Mistral's list of text and thinking pieces. */
function contentPieces(content: unknown): readonly Piece[] {
  if (typeof content === "string") return [{ kind: "text", text: content }];
  return listOf(content).flatMap((entry): Piece[] => {
    const piece = asRecord(entry);
    if (piece === null) return [];
    if (piece.type === "thinking") {
      const { thinking } = piece;
      const inner = typeof thinking === "string" ? thinking : listOf(thinking).map(textOf).join("");
      return [{ kind: "reasoning", text: inner }];
    }
    if (piece.type === "refusal") return [{ kind: "refusal", text: filled(piece.refusal) ?? "" }];
    return [{ kind: "text", text: textOf(piece) }];
  });
}

function textOf(piece: unknown): string {
  return filled(asRecord(piece)?.text) ?? "";
}

function readImage(
  image: Fields | null,
  {
    say,
    media,
    emit,
  }: {
    say: (kind: TextKind, text: string, emit: Emit) => void;
    media: (mediaType: string, base64: string, emit: Emit) => void;
    emit: Emit;
  },
): void {
  const url = filled(asRecord(image?.image_url)?.url);
  if (url === null) return;
  const data = readDataUrl(url);
  // An image behind an address is linked: no format has a place for it in an answer.
  if (data === null) say("text", `![image](${url})`, emit);
  else media(data.mediaType ?? "image/png", data.base64, emit);
}

/** Some servers give arguments as an object. */
function argumentsOf(value: unknown): string {
  if (typeof value === "string") return value;
  return asRecord(value) === null ? "" : JSON.stringify(value);
}

/** Pieces of sound are base64 each for itself, with its own padding. */
function joinBase64(pieces: readonly string[]): string {
  return pieces.length === 1
    ? pieces[0]!
    : Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64"))).toString("base64");
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The string when it says something, else null. */
function filled(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
