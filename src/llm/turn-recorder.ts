import type { LlmEvent } from "./event.ts";
import type { OutputPart } from "./request.ts";
import { type RememberedTurn, rememberTurn } from "./restore.ts";
import type { Signature } from "./signature.ts";

/** More than any turn that is worth remembering (turn-memory keeps 64 MB of all of them). */
const MOST_CHARACTERS = 2_000_000;

interface Piece {
  readonly start: Extract<LlmEvent, { type: "block_start"; kind: "reasoning" | "tool_call" }>;
  readonly texts: string[];
  signature: Signature | null;
}

/**
 * Keeps of a running stream what the next turn may need: thoughts, calls and their signatures, nothing of the text. A stream whose
 * thoughts are too long is forgotten as a whole.
 */
export class TurnRecorder {
  #pieces: Map<number, Piece> | null = new Map();
  #characters = 0;

  take(event: LlmEvent): void {
    const pieces = this.#pieces;
    if (pieces === null) return;
    switch (event.type) {
      case "block_start":
        if (event.kind !== "reasoning" && event.kind !== "tool_call") return;
        pieces.set(event.block, { start: event, texts: [], signature: null });
        return;
      case "delta": {
        const piece = pieces.get(event.block);
        if (piece === undefined) return;
        piece.texts.push(event.text);
        this.#characters += event.text.length;
        if (this.#characters > MOST_CHARACTERS) this.#pieces = null;
        return;
      }
      case "signature": {
        const piece = pieces.get(event.block);
        if (piece !== undefined) piece.signature = event.signature;
        return;
      }
    }
  }

  /** The turns to remember, one for each choice that holds calls. */
  turns(): RememberedTurn[] {
    const choices = new Map<number, OutputPart[]>();
    for (const piece of this.#pieces?.values() ?? []) {
      const parts = choices.get(piece.start.choice) ?? [];
      choices.set(piece.start.choice, parts);
      parts.push(partOf(piece));
    }
    return [...choices.values()].map(rememberTurn).filter((turn) => turn !== null);
  }
}

function partOf({ start, texts, signature }: Piece): OutputPart {
  const text = texts.join("");
  return start.kind === "reasoning"
    ? { type: "reasoning", text, signature, redacted: start.redacted }
    : { type: "tool_call", id: start.id, name: start.name, arguments: text === "" ? "{}" : text, signature };
}
