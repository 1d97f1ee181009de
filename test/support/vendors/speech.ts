import type { Wire } from "../../../src/llm/names.ts";
import type { Usage } from "../../../src/llm/usage.ts";

/** What a model says in one answer, in words of no wire format: our stand-ins for vendors write it in theirs. */
export interface Speech {
  readonly pieces: readonly Piece[];
  readonly end: "stop" | "length" | "content_filter";
  readonly usage: Usage;
}

export type Piece =
  | { readonly kind: "text" | "refusal"; readonly text: string }
  /** `signature`: the vendor's proof, where its format has one. */
  | { readonly kind: "reasoning"; readonly text: string; readonly signature: string | null }
  | {
      readonly kind: "call";
      readonly id: string;
      readonly name: string;
      readonly args: Readonly<Record<string, unknown>>;
      readonly signature: string | null;
    };
export type CallPiece = Extract<Piece, { kind: "call" }>;

/** How a stream is written: what vendors do differently from each other, and from one day to the next. */
export interface Manner {
  /** In [0, 1); decides everything that is open. */
  readonly random: () => number;
  /** Of OpenAI's chat format: Azure's filter chunks, or the habits of compatible servers. */
  readonly kind: "openai" | "azure-openai" | "openai-compatible";
  /** Calls without arguments may come with none, where others write "{}". */
  readonly leavesOut: boolean;
}

/** The plainest manner: whole pieces, nothing odd. */
export const PLAIN: Manner = { random: () => 0.99, kind: "openai", leavesOut: false };

/** A vendor as far as its answers go. */
export interface Vendor {
  readonly wire: Wire;
  /** What of a speech this format can say at all: the rest is left out of what it is asked to say. */
  readonly able: (speech: Speech) => Speech;
  /** A whole answer; null where there are only streams (Coze). */
  readonly whole: ((speech: Speech) => object) | null;
  /** Whole SSE frames, lines ended by LF. */
  readonly frames: (speech: Speech, manner: Manner) => string[];
  /** An error in the midst of a stream. */
  readonly errorFrame: (message: string) => string;
  /** An error answer's body. */
  readonly errorBody: (status: number, message: string) => object;
}

/** True once in `times`. */
export function happens({ random }: Manner, times: number): boolean {
  return random() * times < 1;
}

/** A text in pieces of random size, cut between characters. */
export function cut(text: string, { random }: Manner): string[] {
  const characters = [...text];
  const pieces: string[] = [];
  let at = 0;
  while (at < characters.length) {
    const size = random() > 0.9 ? characters.length : 1 + Math.floor(random() * 8);
    pieces.push(characters.slice(at, at + size).join(""));
    at += size;
  }
  return pieces;
}

/** Lists merged at random, each in its own order. */
export function interleave<T>(lists: readonly (readonly T[])[], { random }: Manner): T[] {
  const rest = lists.map((list) => [...list]).filter((list) => list.length > 0);
  const out: T[] = [];
  while (rest.length > 0) {
    const index = random() > 0.9 ? 0 : Math.floor(random() * rest.length);
    out.push(rest[index]!.shift()!);
    if (rest[index]!.length === 0) rest.splice(index, 1);
  }
  return out;
}

/** Calls that follow each other stand together: they are parallel. */
export function grouped(pieces: readonly Piece[]): (Exclude<Piece, CallPiece> | readonly CallPiece[])[] {
  const groups: (Exclude<Piece, CallPiece> | CallPiece[])[] = [];
  for (const piece of pieces) {
    const last = groups.at(-1);
    if (piece.kind !== "call") groups.push(piece);
    else if (Array.isArray(last)) last.push(piece);
    else groups.push([piece]);
  }
  return groups;
}

export function hasCalls({ pieces }: Speech): boolean {
  return pieces.some(({ kind }) => kind === "call");
}

/** The speech with other pieces; those that become null are left out. */
export function withPieces(speech: Speech, change: (piece: Piece) => Piece | null): Speech {
  return { ...speech, pieces: speech.pieces.map(change).filter((piece) => piece !== null) };
}

export function dataFrame(value: unknown): string {
  return `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;
}

export function eventFrame(name: string, value: unknown): string {
  return `event: ${name}\n${dataFrame(value)}`;
}
