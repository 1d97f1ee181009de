import type { BlockStart, FinishReason, LlmEvent } from "../../llm/event.ts";
import type { Citation } from "../../llm/request.ts";
import type { Signature } from "../../llm/signature.ts";
import type { Usage } from "../../llm/usage.ts";
import type { AnswerContext, StreamEncoder } from "../codec.ts";
import { isLegacyFunctions } from "./client-request.ts";
import {
  annotationOf,
  answerId,
  createdSeconds,
  finishWord,
  mediaFields,
  refusalOf,
  signatureFields,
} from "./client-shapes.ts";
import { detailWriter, type Position } from "./reasoning-details.ts";
import { writeOpenAiUsage } from "./usage-writer.ts";

interface Choice {
  readonly index: number;
  hasRole: boolean;
  hasRefusal: boolean;
  contentLength: number;
  calls: number;
  readonly details: ReturnType<typeof detailWriter>;
}

interface Block {
  readonly start: BlockStart;
  readonly choice: Choice;
  readonly position: Position;
  /** Of a tool call: its place among the choice's calls. */
  readonly call: number;
  /** Only of what must be said again whole: reasoning, for its detail. */
  text: string;
  length: number;
  signature: Signature | null;
  citations: Citation[];
}

/** A delta that waits for one more event, because its signature may follow and clients read it from the first piece only. */
interface Held {
  readonly block: Block;
  args: string;
}

/**
 * Writes `chat.completion.chunk` frames. The envelope is the same in every chunk and made once. The role stands in each choice's
 * first delta; usage is kept for the chunk before [DONE], which comes only if the client asked for it.
 */
export function encodeChatStream(context: AnswerContext): StreamEncoder {
  const isLegacy = isLegacyFunctions(context.body);
  const { includeUsage } = context.request;
  const id = answerId(context);
  const envelope = {
    id,
    object: "chat.completion.chunk",
    created: createdSeconds(context),
    model: context.model,
    system_fingerprint: null,
  };
  const head = `data: ${JSON.stringify(envelope).slice(0, -1)},"choices":[{"index":`;
  const tail = includeUsage ? `}],"usage":null}\n\n` : "}]}\n\n";
  const choices = new Map<number, Choice>();
  const blocks = new Map<number, Block>();
  let usage: Usage | null = null;
  let held: Held | null = null;

  const chunk = (choice: Choice, delta: object, finish: string | null = null): string => {
    const first = choice.hasRole ? delta : { role: "assistant", content: null, ...delta };
    choice.hasRole = true;
    const reason = finish === null ? "null" : `"${finish}"`;
    return `${head}${choice.index},"delta":${JSON.stringify(first)},"logprobs":null,"finish_reason":${reason}${tail}`;
  };

  const flush = (): string => {
    if (held === null) return "";
    const { block, args } = held;
    held = null;
    const { start, choice } = block;
    if (start.kind === "media") {
      const { mediaType, base64 } = start;
      return chunk(
        choice,
        mediaFields({ mediaType, base64, signature: block.signature }, `audio_${id}_${choice.index}`),
      );
    }
    if (start.kind !== "tool_call") return "";
    const fn = { name: start.name, arguments: args };
    if (isLegacy) return chunk(choice, { function_call: fn });
    const call = {
      index: block.call,
      id: start.id,
      type: "function",
      function: fn,
      ...signatureFields(block.signature),
    };
    return chunk(choice, { tool_calls: [call] });
  };

  const begin = (start: BlockStart): string => {
    const choice = choiceOf(choices, start.choice);
    const position = { content: choice.contentLength, tool_calls: choice.calls };
    const call = start.kind === "tool_call" ? choice.calls++ : -1;
    const block: Block = { start, choice, position, call, text: "", length: 0, signature: null, citations: [] };
    const isMuted = isLegacy && call > 0; // a legacy client's message has room for one call
    if (isMuted) return "";
    blocks.set(start.block, block);
    if (start.kind === "tool_call" || start.kind === "media") held = { block, args: "" };
    return "";
  };

  const delta = (block: Block, text: string): string => {
    const { choice, start } = block;
    block.length += text.length;
    switch (start.kind) {
      case "text":
        choice.contentLength += text.length;
        return chunk(choice, { content: text });
      case "reasoning":
        block.text += text;
        return chunk(choice, { reasoning_content: text });
      case "refusal":
        choice.hasRefusal = true;
        return chunk(choice, { refusal: text });
      case "tool_call":
        return chunk(
          choice,
          isLegacy
            ? { function_call: { arguments: text } }
            : { tool_calls: [{ index: block.call, function: { arguments: text } }] },
        );
      case "media":
        return "";
    }
  };

  const close = (block: Block): string => {
    const { start, choice, position, signature } = block;
    blocks.delete(start.block);
    switch (start.kind) {
      case "text": {
        const from = position.content;
        const annotations = block.citations.map((each) => annotationOf(each, from, from + block.length));
        const cited = annotations.length === 0 ? "" : chunk(choice, { annotations });
        if (signature === null) return cited;
        return (
          cited +
          chunk(choice, { reasoning_details: [choice.details.contentSignature(signature, position, block.length)] })
        );
      }
      case "reasoning": {
        const part = { type: "reasoning", text: block.text, signature, redacted: start.redacted } as const;
        const details = choice.details.reasoning(part, position);
        return details.length === 0 ? "" : chunk(choice, { reasoning_details: details });
      }
      case "tool_call":
        return block.length === 0 ? delta(block, "{}") : "";
      default:
        return "";
    }
  };

  const finish = (number: number, reason: FinishReason): string => {
    const choice = choiceOf(choices, number);
    const refusal = choice.hasRefusal ? null : refusalOf(reason);
    const said = refusal === null ? "" : chunk(choice, { refusal });
    return said + chunk(choice, choice.hasRole ? {} : { content: "" }, finishWord(reason, isLegacy));
  };

  const push = (event: LlmEvent): string => {
    switch (event.type) {
      case "block_start": {
        const before = flush();
        return before + begin(event);
      }
      case "delta": {
        const block = blocks.get(event.block);
        if (block === undefined) return "";
        if (held?.block === block && held.args === "") {
          held.args = event.text;
          block.length += event.text.length;
          return "";
        }
        return flush() + delta(block, event.text);
      }
      case "signature": {
        const block = blocks.get(event.block);
        if (block === undefined) return "";
        block.signature = event.signature;
        if (held?.block === block || block.start.kind !== "tool_call" || isLegacy) return "";
        const call = { index: block.call, ...signatureFields(event.signature) };
        return flush() + chunk(block.choice, { tool_calls: [call] });
      }
      case "citation":
        blocks.get(event.block)?.citations.push(event.citation);
        return "";
      case "block_end": {
        const block = blocks.get(event.block);
        if (block === undefined) return "";
        if (held?.block === block && block.start.kind === "tool_call" && block.length === 0) {
          held.args = "{}";
          block.length = 2;
        }
        return flush() + close(block);
      }
      case "finish":
        return flush() + finish(event.choice, event.reason);
      case "usage":
        usage = event.usage;
        return "";
      case "start":
      case "error":
        return "";
    }
  };

  const end = (): string => {
    const counted =
      includeUsage && usage !== null
        ? `data: ${JSON.stringify({ ...envelope, choices: [], usage: writeOpenAiUsage(usage) })}\n\n`
        : "";
    return `${counted}data: [DONE]\n\n`;
  };

  return { push, end, sequence: 0 };
}

function choiceOf(choices: Map<number, Choice>, index: number): Choice {
  let choice = choices.get(index);
  if (choice === undefined) {
    choice = { index, hasRole: false, hasRefusal: false, contentLength: 0, calls: 0, details: detailWriter() };
    choices.set(index, choice);
  }
  return choice;
}
