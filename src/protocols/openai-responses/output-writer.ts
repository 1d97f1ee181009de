import type { BlockStart, FinishReason, LlmEvent } from "../../llm/event.ts";
import { sequential } from "../../llm/sequence.ts";
import type { Signature } from "../../llm/signature.ts";
import { type BlockWriter, writeCall, writeEmptyText, writeMedia, writeReasoning, writeText } from "./block-writers.ts";
import type { ClientTool } from "./client-tools.ts";
import { createItemLadder, type Emit } from "./item-ladder.ts";
import type { OutputItem } from "./output-items.ts";
import { type Outcome, outcomeOf } from "./response-object.ts";

export interface OutputWriter {
  /** `start`, `usage` and `error` say nothing here. */
  push(event: LlmEvent): void;
  /** The finished items. */
  readonly items: readonly OutputItem[];
  /** Null until the answer has come to its end. */
  readonly outcome: Outcome | null;
}

export interface WriterOptions {
  /** What the ids of items are made of. */
  readonly idSuffix: string;
  /** The client's own words for a tool, by its name in the request. */
  readonly clientTool: (name: string) => Pick<ClientTool, "kind" | "name" | "namespace">;
  readonly emit: Emit;
}

/** Makes output items of neutral events, for streams and whole answers alike. */
export function createOutputWriter({ idSuffix, clientTool, emit }: WriterOptions): OutputWriter {
  const ladder = createItemLadder(idSuffix, emit);
  const order = sequential();
  const foreignBlocks = new Set<number>();
  let block: BlockWriter | null = null;
  let signature: Signature | null = null;
  let hasRefusal = false;
  let outcome: Outcome | null = null;

  const writerFor = (start: BlockStart): BlockWriter => {
    switch (start.kind) {
      case "text":
      case "refusal":
        return writeText(ladder, start.kind);
      case "reasoning":
        return writeReasoning(ladder, start.redacted);
      case "tool_call":
        return writeCall(ladder, clientTool(start.name), start.id, () => signature);
      case "media":
        return writeMedia(ladder, start.mediaType, start.base64);
    }
  };

  const finish = (reason: FinishReason) => {
    if (reason.unified === "refusal" && !hasRefusal && reason.explanation) {
      const refusal = writeText(ladder, "refusal");
      refusal.delta?.(reason.explanation);
      refusal.end(null);
    }
    if (ladder.isEmpty) writeEmptyText(ladder);
    outcome = outcomeOf(reason, hasRefusal);
    ladder.close(outcome.status);
  };

  const write = (event: LlmEvent) => {
    switch (event.type) {
      case "block_start":
        hasRefusal ||= event.kind === "refusal";
        signature = null;
        block = writerFor(event);
        break;
      case "delta":
        block?.delta?.(event.text);
        break;
      case "citation":
        block?.citation?.(event.citation);
        break;
      case "signature":
        signature = event.signature;
        break;
      case "block_end":
        block?.end(signature);
        block = null;
        break;
      case "finish":
        finish(event.reason);
        break;
      default:
        break;
    }
  };

  return {
    push: (event) => {
      // The format knows one answer: a second choice, which its clients cannot ask for, has no place.
      if ("choice" in event && event.choice !== 0) {
        if (event.type === "block_start") foreignBlocks.add(event.block);
        return;
      }
      if ("block" in event && foreignBlocks.has(event.block)) return;
      for (const each of order(event)) write(each);
    },
    items: ladder.items,
    get outcome() {
      return outcome;
    },
  };
}
