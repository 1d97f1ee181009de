import type { BlockStart, LlmEvent } from "../../llm/event.ts";
import type { Signature } from "../../llm/signature.ts";
import { isRecord, type JsonRecord } from "../fields.ts";
import { citationOf, recordsOf, textOf } from "./upstream-items.ts";

/** A neutral block that has begun. */
export interface Piece {
  readonly block: number;
  /** How many characters have passed. */
  sent: number;
  /** How many annotations have passed, also those without a neutral name. */
  citations: number;
  ended: boolean;
}

/** What a block_start says beside its numbers. */
type Opening = BlockStart extends infer Start
  ? Start extends BlockStart
    ? Omit<Start, "type" | "block" | "choice">
    : never
  : never;

/** Writes the neutral events of one stream: `start` before anything, blocks that end once, texts that are caught up with. */
export interface BlockSink {
  start(response: JsonRecord): void;
  open(what: Opening): Piece;
  add(piece: Piece, text: string): void;
  /** The whole text is known: what has not passed yet does now. */
  catchUp(piece: Piece, whole: string): void;
  cite(piece: Piece, annotation: unknown): void;
  /** All annotations of the part are known. */
  catchUpCitations(piece: Piece, annotations: unknown): void;
  sign(piece: Piece, signature: Signature): void;
  end(piece: Piece): void;
}

export function createBlockSink(send: (event: LlmEvent) => void): BlockSink {
  let blocks = 0;
  let isStarted = false;

  const start = ({ id, model }: JsonRecord) => {
    if (isStarted) return;
    isStarted = true;
    send({ type: "start", id: textOf(id) || null, model: textOf(model) || null });
  };
  const add = (piece: Piece, text: string) => {
    if (text === "" || piece.ended) return;
    piece.sent += text.length;
    send({ type: "delta", block: piece.block, text });
  };
  const cite = (piece: Piece, annotation: unknown) => {
    if (piece.ended || !isRecord(annotation)) return;
    piece.citations++;
    for (const citation of citationOf(annotation)) send({ type: "citation", block: piece.block, citation });
  };

  return {
    start,
    open: (what) => {
      start({});
      const block = blocks++;
      send({ type: "block_start", block, choice: 0, ...what });
      return { block, sent: 0, citations: 0, ended: false };
    },
    add,
    catchUp: (piece, whole) => {
      add(piece, whole.slice(piece.sent));
    },
    cite,
    catchUpCitations: (piece, annotations) => {
      for (const annotation of recordsOf(annotations).slice(piece.citations)) cite(piece, annotation);
    },
    sign: (piece, signature) => {
      if (!piece.ended) send({ type: "signature", block: piece.block, signature });
    },
    end: (piece) => {
      if (piece.ended) return;
      piece.ended = true;
      send({ type: "block_end", block: piece.block });
    },
  };
}
