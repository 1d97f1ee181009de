import { type LlmAnswer, unfoldAnswer } from "../../llm/answer.ts";
import type { LlmEvent } from "../../llm/event.ts";
import type { AnswerContext } from "../codec.ts";
import { clientTool, readToolbox, type Toolbox } from "./client-tools.ts";
import { createOutputWriter, type WriterOptions } from "./output-writer.ts";
import { echoOf, responseId, writeUsage } from "./response-object.ts";

/** The whole Response object: the last state of the stream that the same answer would make. */
export function encodeAnswer(answer: LlmAnswer, context: AnswerContext): unknown {
  const writer = createOutputWriter({ ...writerOptions(context), emit: () => {} });
  for (const event of signaturesFirst(unfoldAnswer(answer))) writer.push(event);
  return {
    id: responseId(context.requestId),
    object: "response",
    model: context.model,
    ...(writer.outcome ?? { status: "completed", incomplete_details: null }),
    output: writer.items,
    usage: writeUsage(answer.usage),
    ...echoOf(context),
  };
}

/** In a whole answer all signatures are known from the start: a call's can stand before it (scenario L14). */
function signaturesFirst(events: readonly LlmEvent[]): readonly LlmEvent[] {
  const signatures = new Map<number, LlmEvent>();
  for (const event of events) if (event.type === "signature") signatures.set(event.block, event);
  if (signatures.size === 0) return events;
  return events.flatMap((event) => {
    if (event.type === "signature") return [];
    const signature = event.type === "block_start" ? signatures.get(event.block) : undefined;
    return signature === undefined ? [event] : [event, signature];
  });
}

/** The client's tools are looked at only when the model calls one. */
export function writerOptions({ requestId, body }: AnswerContext): Omit<WriterOptions, "emit"> {
  let toolbox: Toolbox | null = null;
  return {
    idSuffix: requestId.replace(/^req_/, ""),
    clientTool: (name) => {
      toolbox ??= readToolbox(body);
      return clientTool(toolbox, name);
    },
  };
}
