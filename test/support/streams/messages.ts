import { type CheckedStream, isObject, type Json, nothingSaid, parsed, rules } from "./said.ts";
import type { SseFrame } from "./sse-frames.ts";

interface Block {
  readonly start: Json;
  text: string;
  signatures: number;
}

/** Which delta belongs into which block. */
const DELTAS: Readonly<Record<string, readonly string[]>> = {
  text: ["text_delta", "citations_delta"],
  thinking: ["thinking_delta", "signature_delta"],
  redacted_thinking: [],
  tool_use: ["input_json_delta"],
};

/** Named events; message_start, one block after the other, one message_delta with usage, message_stop. */
export function checkMessages(frames: readonly SseFrame[]): CheckedStream {
  const problems: string[] = [];
  const named = rules("anthropic.named_events", problems);
  const lifecycle = rules("anthropic.lifecycle", problems);
  const said = nothingSaid();
  let hasBegun = false;
  let isOver = false;
  let next = 0;
  let open: Block | null = null;

  const onDelta = ({ index, delta }: Json) => {
    if (!lifecycle(open !== null && index === next - 1, "a delta for a block that is not open") || open === null)
      return;
    const type: string = open.start.type;
    lifecycle(DELTAS[type]?.includes(delta?.type) === true, `${delta?.type} in a block of type ${type}`);
    const text: unknown = delta?.text ?? delta?.thinking ?? delta?.partial_json ?? "";
    if (delta?.type === "signature_delta") {
      open.signatures++;
      lifecycle(typeof delta.signature === "string" && delta.signature !== "", "an empty signature");
      lifecycle(open.signatures === 1, "a second signature: SDKs overwrite the first");
    } else lifecycle(open.signatures === 0, "thinking behind its signature");
    open.text += text;
  };

  const onStop = (index: number) => {
    if (!lifecycle(open !== null && index === next - 1, "a stop for a block that is not open") || open === null) return;
    const { start, text } = open;
    open = null;
    switch (start.type) {
      case "text":
        lifecycle(text !== "", "an empty text block, which the next turn could not send back");
        said.text += text;
        break;
      case "thinking":
        said.reasoning += text;
        break;
      case "tool_use": {
        const args = parsed(text === "" ? JSON.stringify(start.input) : text);
        lifecycle(isObject(args), `input that is no JSON object: ${text}`);
        said.calls.push({ id: start.id, name: start.name, args });
      }
    }
  };

  const onStart = ({ index, content_block: start }: Json) => {
    lifecycle(open === null, "a block begins inside another");
    lifecycle(index === next, `block ${index} begins as number ${next}`);
    next++;
    open = { start, text: start?.text ?? start?.thinking ?? "", signatures: start?.signature ? 1 : 0 };
    lifecycle(start?.type in DELTAS, `a block of type ${start?.type}`);
    if (start?.type !== "tool_use") return;
    lifecycle(typeof start.id === "string" && start.id !== "", "a call without an id");
    lifecycle(!said.calls.some(({ id }) => id === start.id), "two calls have one id");
    lifecycle(typeof start.name === "string" && start.name !== "", "a call without a name");
    lifecycle(isObject(start.input), "a call without an input to begin with");
  };

  for (const { event, data, json, isWhole } of frames) {
    if (data === null) continue;
    if (!named(isObject(json), `a frame that is no JSON object: ${data.slice(0, 40)}`)) continue;
    named(event === json.type, `event ${event} carries type ${json.type}`);
    named(isWhole, "a frame without its empty line");
    lifecycle(!isOver, `${json.type} behind the end`);
    lifecycle(hasBegun || json.type === "message_start" || json.type === "error", `${json.type} before message_start`);
    switch (json.type) {
      case "message_start": {
        lifecycle(!hasBegun, "a second message_start");
        hasBegun = true;
        const { message } = json;
        lifecycle(/^msg_/.test(message?.id) && message.role === "assistant", "a message without id or role");
        lifecycle(
          Array.isArray(message?.content) && message.content.length === 0,
          "a message that begins with content",
        );
        lifecycle(Number.isInteger(message?.usage?.input_tokens), "message_start without usage");
        said.usage = message?.usage;
        break;
      }
      case "content_block_start":
        lifecycle(said.finish === null, "a block behind message_delta");
        onStart(json);
        break;
      case "content_block_delta":
        onDelta(json);
        break;
      case "content_block_stop":
        onStop(json.index);
        break;
      case "message_delta":
        lifecycle(open === null, "message_delta while a block is open");
        lifecycle(said.finish === null, "a second message_delta");
        lifecycle(Number.isInteger(json.usage?.output_tokens), "message_delta without usage: SDKs throw");
        lifecycle(typeof json.delta?.stop_reason === "string", "message_delta without stop_reason");
        said.finish = json.delta?.stop_reason ?? null;
        // Counters that are there overwrite those of message_start.
        said.usage = { ...(said.usage as object), ...present(json.usage) };
        if (json.delta?.stop_details?.explanation) said.refusal = json.delta.stop_details.explanation;
        break;
      case "message_stop":
        lifecycle(said.finish !== null, "message_stop without message_delta");
        isOver = true;
        break;
      case "error":
        lifecycle(
          typeof json.error?.type === "string" && typeof json.error.message === "string",
          "an error of no shape",
        );
        said.error = json.error;
        isOver = true;
        break;
      default:
        lifecycle(json.type === "ping", `an event of type ${json.type}`);
    }
  }
  lifecycle(isOver, "no message_stop");
  return { said, problems };
}

function present(usage: Json): object {
  return Object.fromEntries(Object.entries(usage ?? {}).filter(([, value]) => value !== null));
}
