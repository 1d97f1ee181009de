import type { LlmRequest, Message, OutputPart, TextPart, ToolResult } from "../../llm/request.ts";
import type { UpstreamTarget } from "../codec.ts";
import { readInput } from "./tool-input.ts";
import { type Block, cacheMark, inputBlocks, textBlocks } from "./upstream-content.ts";

export interface Turn {
  readonly role: "user" | "assistant" | "system";
  readonly content: Block[];
}

export interface TurnOptions {
  readonly target: UpstreamTarget;
  /** The upstream's name of a client's tool. */
  readonly toolName: (name: string) => string;
  /** Reports that something in the messages could not be carried. */
  readonly onLoss: () => void;
}

/**
 * The conversation as Anthropic takes it (wire.md 2.3): turns alternate; the results of a turn's calls stand together at the head of
 * the user's turn that follows; whatever a client put between a call and its result stands behind the results.
 */
export function encodeTurns(messages: LlmRequest["messages"], options: TurnOptions): Turn[] {
  const turns: Turn[] = [];
  /** Calls whose results are still to come, and what came instead. */
  const due = new Set<string>();
  let waiting: Message[] = [];
  const place = (message: Message) => {
    switch (message.role) {
      case "assistant":
        append(turns, "assistant", outputBlocks(message.parts, options));
        break;
      case "user":
        append(turns, "user", inputBlocks(message.parts, options.target));
        break;
      case "system":
      case "developer":
        append(turns, "system", message.parts.flatMap(textBlocks));
        break;
      case "tool":
        insertResults(turns, message.results, options);
    }
  };
  const release = () => {
    due.clear();
    for (const message of waiting) place(message);
    waiting = [];
  };
  for (const message of messages) {
    if (message.role === "assistant") {
      release();
      for (const part of message.parts) if (part.type === "tool_call") due.add(part.id);
      place(message);
    } else if (message.role === "tool") {
      place(message);
      for (const { callId } of message.results) due.delete(callId);
      if (due.size === 0) release();
    } else if (due.size > 0) waiting.push(message);
    else place(message);
  }
  release();
  return settleSystem(turns.flatMap(withoutTrailingThoughts), takesSystemTurns(options.target));
}

/**
 * Models from Claude Opus 4.8 on take system messages within the conversation (docs "Mid-conversation system messages"); older ones
 * answer 400. Those are, but for Opus 4.7, the ones that refuse sampling parameters.
 */
function takesSystemTurns({ traits, model }: UpstreamTarget): boolean {
  return !traits.sampling && !/opus-4-7/.test(model);
}

/**
 * A system turn may only stand between a user's turn and the assistant's, or at the end (same docs); elsewhere, and for older
 * models, it stays in its place as a marked text of the user.
 */
function settleSystem(turns: readonly Turn[], isTaken: boolean): Turn[] {
  const settled: Turn[] = [];
  turns.forEach((turn, index) => {
    const next = turns[index + 1]?.role;
    const isLegal = isTaken && settled.at(-1)?.role === "user" && (next === undefined || next === "assistant");
    if (turn.role !== "system" || isLegal) append(settled, turn.role, turn.content);
    else append(settled, "user", turn.content.map(markedAsSystem));
  });
  const last = settled.at(-1);
  const final = last?.content.at(-1);
  // A prefilled answer must not end with white space.
  if (last?.role === "assistant" && typeof final?.text === "string") final.text = final.text.trimEnd();
  return settled;
}

/** The tags that Claude knows for words which are not the user's own. */
function markedAsSystem(block: Block): Block {
  return { ...block, text: `<system-reminder>\n${String(block.text)}\n</system-reminder>` };
}

function append(turns: Turn[], role: Turn["role"], blocks: readonly Block[]): void {
  if (blocks.length === 0) return;
  const last = turns.at(-1);
  if (last?.role === role) last.content.push(...blocks);
  else turns.push({ role, content: [...blocks] });
}

function insertResults(turns: Turn[], results: readonly ToolResult[], { target }: TurnOptions): void {
  const blocks = results.map((result) => resultBlock(result, target));
  const last = turns.at(-1);
  if (last?.role !== "user") {
    append(turns, "user", blocks);
    return;
  }
  const behind = last.content.findIndex(({ type }) => type !== "tool_result");
  last.content.splice(behind < 0 ? last.content.length : behind, 0, ...blocks);
}

function resultBlock({ callId, parts, isError, cacheControl }: ToolResult, target: UpstreamTarget): Block {
  const content = resultContent(inputBlocks(parts, target));
  return {
    type: "tool_result",
    tool_use_id: toolUseId(callId),
    ...(content === null ? {} : { content }),
    ...(isError ? { is_error: true } : {}),
    ...cacheMark(cacheControl),
  };
}

/** One plain text is written as such: the shortest form that says it. */
function resultContent(blocks: readonly Block[]): unknown {
  const [only] = blocks;
  if (only === undefined) return null;
  return blocks.length === 1 && only.type === "text" && only.cache_control === undefined ? only.text : blocks;
}

function outputBlocks(parts: readonly OutputPart[], { toolName, onLoss }: TurnOptions): Block[] {
  return parts.flatMap((part): Block[] => {
    switch (part.type) {
      case "text":
      case "refusal":
        return textBlocks(part as Pick<TextPart, "text" | "cacheControl">);
      case "reasoning": {
        // Thoughts count only with Anthropic's own signature, byte for byte (ThinkingBlockParam: else a 400).
        const { signature, redacted, text } = part;
        if (signature?.vendor !== "anthropic") return [];
        return redacted
          ? [{ type: "redacted_thinking", data: signature.value }]
          : [{ type: "thinking", thinking: text, signature: signature.value }];
      }
      case "tool_call":
        return [
          {
            type: "tool_use",
            id: toolUseId(part.id),
            name: toolName(part.name),
            input: readInput(part.arguments),
            ...cacheMark(part.cacheControl),
          },
        ];
      default: // pictures the assistant made: only users may show some
        onLoss();
        return [];
    }
  });
}

/** An assistant's turn must not end in thoughts: an answer that was cut off there, or foreign parts behind them that were left out. */
function withoutTrailingThoughts(turn: Turn): Turn[] {
  if (turn.role !== "assistant") return [turn];
  const end = turn.content.findLastIndex(({ type }) => type !== "thinking" && type !== "redacted_thinking");
  return end < 0 ? [] : [{ role: turn.role, content: turn.content.slice(0, end + 1) }];
}

/** Anthropic takes `^[a-zA-Z0-9_-]+$`; other vendors' ids have dots and colons. The same id always becomes the same. */
function toolUseId(id: string): string {
  return /^[a-zA-Z0-9_-]+$/.test(id) ? id : `${id.replace(/[^a-zA-Z0-9_-]/g, "_")}_${hash(id)}`;
}

/** FNV-1a, 32 bits: keeps ids apart that differ only in what was replaced. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, "0");
}
