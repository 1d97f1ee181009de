import type { LlmEvent } from "../../llm/event.ts";
import type { AnswerContent, AnswerRun, ChatAttachment, ChatToolCall } from "../../store/chat-types.ts";

/** About 250,000 tokens: no model writes as much in one answer. In UTF-16 units. */
const MAX_UNITS = 1_000_000;
const MAX_RUNS = 20_000;
const MAX_TOOL_CALLS = 256;
const MAX_MEDIA_BYTES = 8 * 1_048_576;

/**
 * An answer while it comes, in a bounded room. Its length in units is what subscribers resume from (`seq`): each unit of text, of
 * reasoning and of arguments counts one, and so does the beginning of a tool call.
 */
export class AnswerBuffer implements AnswerContent {
  text = "";
  reasoning = "";
  readonly toolCalls: ChatToolCall[] = [];
  readonly layout: AnswerRun[] = [];
  readonly media: ChatAttachment[] = [];
  finishReason: string | null = null;
  seq = 0;
  /** True once something did not fit: the answer must be ended. */
  isFull = false;
  readonly #blocks = new Map<number, "text" | "reasoning" | number>();
  #mediaBytes = 0;

  /** Takes one event of the first choice; others are of no use to a conversation. */
  push(event: LlmEvent): void {
    switch (event.type) {
      case "block_start":
        if (event.choice === 0) this.#start(event);
        return;
      case "delta":
        this.#append(event.block, event.text);
        return;
      case "finish":
        if (event.choice === 0) this.finishReason = event.reason.unified;
        return;
    }
  }

  /** As it is now: what is pushed later does not change it. */
  content(): AnswerContent {
    const { text, reasoning, toolCalls, layout } = this;
    return { text, reasoning, toolCalls: [...toolCalls], layout: [...layout] };
  }

  #start(event: Extract<LlmEvent, { type: "block_start" }>): void {
    switch (event.kind) {
      case "text":
      case "refusal":
        this.#blocks.set(event.block, "text");
        return;
      case "reasoning":
        this.#blocks.set(event.block, "reasoning");
        return;
      case "tool_call": {
        if (this.toolCalls.length >= MAX_TOOL_CALLS || !this.#fits(1)) return;
        const index = this.toolCalls.push({ id: event.id, name: event.name, arguments: "" }) - 1;
        this.#blocks.set(event.block, index);
        this.#note("call", 1, index);
        return;
      }
      case "media": {
        const bytes = Buffer.from(event.base64, "base64");
        this.#mediaBytes += bytes.length;
        if (this.#mediaBytes > MAX_MEDIA_BYTES) this.isFull = true;
        else this.media.push({ name: null, mediaType: event.mediaType, size: bytes.length, fileId: null, bytes });
      }
    }
  }

  #append(block: number, text: string): void {
    const place = this.#blocks.get(block);
    if (place === undefined || !this.#fits(text.length)) return;
    if (typeof place === "number") {
      const call = this.toolCalls[place]!;
      this.toolCalls[place] = { ...call, arguments: call.arguments + text };
      this.#note("arguments", text.length, place);
    } else {
      this[place] += text;
      this.#note(place, text.length);
    }
  }

  #fits(units: number): boolean {
    this.isFull ||= this.seq + units > MAX_UNITS || this.layout.length >= MAX_RUNS;
    return !this.isFull;
  }

  #note(kind: AnswerRun[0], units: number, index?: number): void {
    this.seq += units;
    const last = this.layout.at(-1);
    if (last !== undefined && last[0] === kind && last[2] === index) {
      this.layout[this.layout.length - 1] = runOf(kind, last[1] + units, index);
    } else {
      this.layout.push(runOf(kind, units, index));
    }
  }
}

function runOf(kind: AnswerRun[0], units: number, index: number | undefined): AnswerRun {
  return (index === undefined ? [kind, units] : [kind, units, index]) as AnswerRun;
}

/** Where a stored answer ends. */
export function lastSeq({ layout }: Pick<AnswerContent, "layout">): number {
  return layout.reduce((seq, [, units]) => seq + units, 0);
}

export interface ToolCallPiece {
  readonly index: number;
  /** Null when the call began before this piece. */
  readonly id: string | null;
  readonly name: string | null;
  readonly arguments: string;
}

export interface AnswerPiece {
  /** Where it ends. */
  readonly seq: number;
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCallPiece[];
}

/** What came after `afterSeq`; null when nothing did. Pieces that follow one another add up to the whole answer. */
export function pieceAfter(content: AnswerContent, afterSeq: number): AnswerPiece | null {
  let at = 0;
  const done = { text: 0, reasoning: 0, arguments: new Map<number, number>() };
  const piece = { text: "", reasoning: "" };
  const calls = new Map<number, { index: number; id: string | null; name: string | null; arguments: string }>();
  const callAt = (index: number) => {
    const known = calls.get(index) ?? { index, id: null, name: null, arguments: "" };
    calls.set(index, known);
    return known;
  };
  for (const [kind, units, index = 0] of content.layout) {
    const skipped = Math.min(units, Math.max(0, afterSeq - at));
    at += units;
    if (kind === "text" || kind === "reasoning") {
      piece[kind] += content[kind].slice(done[kind] + skipped, done[kind] + units);
      done[kind] += units;
    } else if (kind === "arguments") {
      const from = done.arguments.get(index) ?? 0;
      done.arguments.set(index, from + units);
      if (skipped < units) {
        callAt(index).arguments += content.toolCalls[index]!.arguments.slice(from + skipped, from + units);
      }
    } else if (skipped === 0) {
      const { id, name } = content.toolCalls[index]!;
      Object.assign(callAt(index), { id, name });
    }
  }
  return at > afterSeq ? { seq: at, ...piece, toolCalls: [...calls.values()] } : null;
}
