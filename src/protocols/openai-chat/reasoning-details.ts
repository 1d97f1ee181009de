import { type DraftPart, readThoughts } from "../../llm/place-signatures.ts";
import type { OutputPart, ReasoningPart, TextPart } from "../../llm/request.ts";
import { packSignature, type Signature, unpackSignature } from "../../llm/signature.ts";
import { asRecord, readCount } from "../usage.ts";

/**
 * Chat completions have no field for signed reasoning. We use OpenRouter's `message.reasoning_details`, a list of
 * `reasoning.text` and `reasoning.encrypted`, marked with our own format: a client that sends the assistant's message back as it
 * came returns every part byte for byte. Where a part stood among text and calls is told by `position`, since chat has
 * only one content and one list of calls; absent: before both.
 */
export interface ReasoningDetail {
  readonly type: "reasoning.text" | "reasoning.encrypted";
  readonly text?: string;
  /** Packed (llm/signature.ts). */
  readonly signature?: string;
  /** Packed: withheld reasoning, or with `content_length` the signature of a piece of content (Gemini). */
  readonly data?: string;
  readonly format: typeof FORMAT;
  readonly index: number;
  readonly position?: Position;
  /** Length of the piece of content that `data` signs; it begins at the position. */
  readonly content_length?: number;
}

/** What stands before a part: so many UTF-16 units of content, so many tool calls. */
export interface Position {
  readonly content: number;
  readonly tool_calls: number;
}

const FORMAT = "sluice";

export interface DetailWriter {
  /** A reasoning part is whole: the details that can go out now. */
  reasoning(part: ReasoningPart, position: Position): readonly ReasoningDetail[];
  contentSignature(signature: Signature, position: Position, length: number): ReasoningDetail;
}

/**
 * Unsigned reasoning stands in `reasoning_content` and needs no detail, unless signed reasoning stands beside it: then the list is
 * all the reasoning there is, so what was held back goes out with the first signed part.
 */
export function detailWriter(): DetailWriter {
  let index = 0;
  let held: ReasoningDetail[] = [];
  let isSigned = false;
  const at = (position: Position): Pick<ReasoningDetail, "format" | "index" | "position"> => ({
    format: FORMAT,
    index: index++,
    ...(position.content === 0 && position.tool_calls === 0 ? {} : { position }),
  });
  return {
    reasoning: ({ text, signature, redacted }, position) => {
      const packed = signature === null ? undefined : packSignature(signature, redacted ? "redacted" : null);
      if (packed !== undefined) isSigned = true;
      held.push(
        redacted
          ? { type: "reasoning.encrypted", data: packed ?? "", ...at(position) }
          : {
              type: "reasoning.text",
              text,
              ...(packed === undefined ? {} : { signature: packed }),
              ...at(position),
            },
      );
      if (!isSigned) return [];
      const ready = held;
      held = [];
      return ready;
    },
    contentSignature: (signature, position, length) => ({
      type: "reasoning.encrypted",
      data: packSignature(signature),
      ...at({ ...position }),
      position,
      content_length: length,
    }),
  };
}

/** What a client sent back. Entries of other gateways and broken ones are skipped. */
export interface EchoedDetails {
  /** Thoughts, or a signature that another format put among them. */
  readonly reasoning: readonly { readonly parts: readonly DraftPart[]; readonly position: Position }[];
  readonly contentSignatures: readonly {
    readonly signature: Signature;
    readonly start: number;
    readonly length: number;
  }[];
}

export function readDetails(value: unknown): EchoedDetails {
  const reasoning: EchoedDetails["reasoning"][number][] = [];
  const contentSignatures: EchoedDetails["contentSignatures"][number][] = [];
  for (const entry of Array.isArray(value) ? value : []) {
    const detail = asRecord(entry);
    if (detail?.format !== FORMAT) continue;
    const place = asRecord(detail.position);
    const position = { content: readCount(place?.content) ?? 0, tool_calls: readCount(place?.tool_calls) ?? 0 };
    const packed = detail.type === "reasoning.encrypted" ? detail.data : detail.signature;
    const carried = typeof packed === "string" ? unpackSignature(packed) : null;
    const length = readCount(detail.content_length);
    if (detail.type === "reasoning.text" && typeof detail.text === "string") {
      reasoning.push({ parts: readThoughts(detail.text, carried), position });
    } else if (detail.type === "reasoning.encrypted" && carried !== null) {
      const { signature } = carried;
      if (length !== null) contentSignatures.push({ signature, start: position.content, length });
      else reasoning.push({ parts: readThoughts("", carried, true), position });
    }
  }
  return { reasoning, contentSignatures };
}

/** The assistant's parts in their first order: texts cut where something stood between them, calls after the texts. */
export function placeDetails(
  details: EchoedDetails,
  texts: readonly TextPart[],
  others: readonly OutputPart[],
  calls: readonly OutputPart[],
): DraftPart[] {
  const cutter = textCutter(texts);
  const parts: DraftPart[] = [];
  const beforeCalls = details.reasoning.filter(({ position }) => position.tool_calls === 0);
  const marks = [
    ...beforeCalls.map(({ parts: put, position }) => ({ at: position.content, put: () => put })),
    ...details.contentSignatures.map(({ signature, start, length }) => ({
      at: start,
      put: (): readonly DraftPart[] => [{ ...joined(cutter(start + length)), signature }],
    })),
  ].sort((a, b) => a.at - b.at);
  for (const { at, put } of marks) parts.push(...cutter(at), ...put());
  parts.push(...cutter(Number.POSITIVE_INFINITY), ...others);
  for (const [number, call] of calls.entries()) {
    if (number > 0) parts.push(...reasoningAfter(details, number));
    parts.push(call);
  }
  const last = Math.max(1, calls.length);
  for (const each of details.reasoning) if (each.position.tool_calls >= last) parts.push(...each.parts);
  return parts;
}

function reasoningAfter(details: EchoedDetails, calls: number): DraftPart[] {
  return details.reasoning.filter(({ position }) => position.tool_calls === calls).flatMap(({ parts }) => parts);
}

/** Gives out the texts from where it stands up to an offset. A part's cache mark stays with its end. */
function textCutter(texts: readonly TextPart[]): (until: number) => TextPart[] {
  let number = 0;
  let inPart = 0;
  let offset = 0;
  return (until) => {
    const pieces: TextPart[] = [];
    while (number < texts.length && offset < until) {
      const part = texts[number]!;
      const rest = part.text.length - inPart;
      const length = Math.min(rest, until - offset);
      const text = part.text.slice(inPart, inPart + length);
      const isEnd = length === rest;
      if (text !== "") pieces.push(isEnd ? { ...part, text } : { type: "text", text });
      offset += length;
      inPart = isEnd ? 0 : inPart + length;
      if (isEnd) number++;
    }
    return pieces;
  };
}

function joined(texts: readonly TextPart[]): TextPart {
  return { ...texts.at(-1), type: "text", text: texts.map(({ text }) => text).join("") };
}
