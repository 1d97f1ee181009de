import type { DecodeContext } from "../codec.ts";
import type { JsonRecord } from "../fields.ts";
import type { BlockSink, Piece } from "./stream-blocks.ts";
import {
  argumentsOf,
  BETWEEN_THOUGHTS,
  callOf,
  imageOf,
  recordsOf,
  signatureOf,
  textOf,
  thoughtsOf,
} from "./upstream-items.ts";

/** The output items of one stream. Every event names its item by `output_index`. */
export interface ItemReader {
  text(event: JsonRecord, kind: "text" | "refusal"): void;
  cite(event: JsonRecord): void;
  completePart(place: JsonRecord, part: JsonRecord): void;
  think(event: JsonRecord, kind: Thoughts): void;
  args(event: JsonRecord): void;
  begin(event: JsonRecord, item: JsonRecord): void;
  /** The item is there whole; a second time it is passed over. */
  complete(event: JsonRecord, item: JsonRecord): void;
  endAll(): void;
  readonly hasCalls: boolean;
}

type Thoughts = "content" | "summary";

/** What is known of one output item. */
interface Item {
  /** A message's parts, by their content index. */
  readonly parts: Map<number, Piece>;
  /** The block of a call or of thoughts. */
  piece: Piece | null;
  /** Which of both texts of thoughts came first: that one is shown. */
  thoughts: Thoughts | null;
  paragraph: number;
  done: boolean;
}

export function createItemReader(sink: BlockSink, context: DecodeContext): ItemReader {
  const items = new Map<number, Item>();
  /** Ids of the items that came whole: the terminal event repeats them, not always at the same index. */
  const doneIds = new Set<string>();
  let hasCalls = false;

  const itemAt = ({ output_index }: JsonRecord): Item => {
    const key = indexOf(output_index);
    let item = items.get(key);
    if (item === undefined) {
      item = { parts: new Map(), piece: null, thoughts: null, paragraph: 0, done: false };
      items.set(key, item);
    }
    return item;
  };

  const partAt = (place: JsonRecord, kind: "text" | "refusal"): Piece => {
    const { parts } = itemAt(place);
    const key = indexOf(place.content_index);
    const part = parts.get(key) ?? sink.open({ kind });
    parts.set(key, part);
    return part;
  };

  const completePart = (place: JsonRecord, part: JsonRecord) => {
    const kind = part.type === "refusal" ? "refusal" : part.type === "output_text" ? "text" : null;
    if (kind === null) return;
    const text = textOf(kind === "refusal" ? part.refusal : part.text);
    if (text === "" && !itemAt(place).parts.has(indexOf(place.content_index))) return;
    const piece = partAt(place, kind);
    sink.catchUp(piece, text);
    sink.catchUpCitations(piece, part.annotations);
    sink.end(piece);
  };

  const begin = (event: JsonRecord, value: JsonRecord): Item => {
    const item = itemAt(event);
    const isCall = value.type === "function_call" || value.type === "custom_tool_call";
    // Without its name a call cannot begin; it comes whole in the end.
    if (!isCall || item.piece !== null || textOf(value.name) === "") return item;
    hasCalls = true;
    item.piece = sink.open({ kind: "tool_call", ...callOf(value, context) });
    return item;
  };

  const completeThoughts = (item: Item, value: JsonRecord) => {
    const signature = signatureOf(value);
    const text = thoughtsOf(value);
    if (item.piece === null && signature === null && text === "") return;
    item.piece ??= sink.open({ kind: "reasoning", redacted: false });
    if (item.piece.sent === 0) sink.add(item.piece, text);
    if (signature !== null) sink.sign(item.piece, signature);
  };

  const complete = (event: JsonRecord, value: JsonRecord) => {
    const id = textOf(value.id);
    if (doneIds.has(id)) return;
    if (id !== "") doneIds.add(id);
    const item = begin(event, value);
    if (item.done) return;
    item.done = true;
    switch (value.type) {
      case "message":
        for (const [content_index, part] of recordsOf(value.content).entries()) {
          completePart({ output_index: event.output_index, content_index }, part);
        }
        break;
      case "reasoning":
        completeThoughts(item, value);
        break;
      case "function_call":
      case "custom_tool_call":
        if (item.piece !== null) sink.catchUp(item.piece, argumentsOf(value));
        break;
      case "image_generation_call":
        for (const { mediaType, base64 } of imageOf(value)) sink.end(sink.open({ kind: "media", mediaType, base64 }));
        break;
      default: // OpenAI's own tools: their outcome stands in the text
        break;
    }
    end(item);
  };

  const end = ({ parts, piece }: Item) => {
    for (const part of parts.values()) sink.end(part);
    if (piece !== null) sink.end(piece);
  };

  return {
    text: (event, kind) => {
      const delta = textOf(event.delta);
      if (delta !== "") sink.add(partAt(event, kind), delta);
    },
    cite: (event) => {
      sink.cite(partAt(event, "text"), event.annotation);
    },
    completePart,
    think: (event, kind) => {
      const item = itemAt(event);
      item.thoughts ??= kind;
      if (item.thoughts !== kind) return;
      item.piece ??= sink.open({ kind: "reasoning", redacted: false });
      const paragraph = indexOf(event[`${kind}_index`]);
      if (paragraph > item.paragraph && item.piece.sent > 0) sink.add(item.piece, BETWEEN_THOUGHTS);
      item.paragraph = paragraph;
      sink.add(item.piece, textOf(event.delta));
    },
    args: (event) => {
      const { piece } = itemAt(event);
      if (piece !== null) sink.add(piece, textOf(event.delta));
    },
    begin,
    complete,
    endAll: () => {
      for (const item of items.values()) end(item);
    },
    get hasCalls() {
      return hasCalls;
    },
  };
}

function indexOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
