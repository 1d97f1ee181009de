import type { Usage } from "../../llm/usage.ts";
import type { AnswerContext, StreamEncoder } from "../codec.ts";
import { writerOptions } from "./client-answer.ts";
import { createOutputWriter } from "./output-writer.ts";
import { echoOf, responseId, writeUsage } from "./response-object.ts";

/**
 * The stream of a Response: numbered events, each named by its type (table in wire.md section 1). The terminal event waits for
 * `end`, since usage may come after the finish.
 */
export function encodeStream(context: AnswerContext): StreamEncoder {
  let sequence = 0;
  let frames = "";
  let usage: Usage | null = null;
  let echo = "";

  const writer = createOutputWriter({
    ...writerOptions(context),
    emit: (type, fields) => {
      frames += `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`;
    },
  });

  /** The client's body stands in three events, 40 KB of it for Codex: it is made to text once. */
  const emitResponse = (type: string, state: object) => {
    if (echo === "") echo = JSON.stringify(echoOf(context)).slice(1);
    const head = { id: responseId(context.requestId), object: "response", model: context.model, ...state };
    const response = `${JSON.stringify(head).slice(0, -1)},${echo}`;
    frames += `event: ${type}\ndata: {"type":"${type}","sequence_number":${sequence++},"response":${response}}\n\n`;
  };

  const take = () => {
    const out = frames;
    frames = "";
    return out;
  };

  return {
    push: (event) => {
      switch (event.type) {
        case "start": {
          const state = { status: "in_progress", incomplete_details: null, output: [], usage: null };
          emitResponse("response.created", state);
          emitResponse("response.in_progress", state);
          break;
        }
        case "usage":
          usage = event.usage;
          break;
        case "error": // written by the gateway, with our `sequence`
          break;
        default:
          writer.push(event);
      }
      return take();
    },
    end: () => {
      const outcome = writer.outcome ?? { status: "completed", incomplete_details: null };
      emitResponse(`response.${outcome.status}`, { ...outcome, output: writer.items, usage: writeUsage(usage) });
      return take();
    },
    get sequence() {
      return sequence;
    },
  };
}
