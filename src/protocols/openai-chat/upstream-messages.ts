import type { InputPart, LlmRequest, MediaPart, Message, OutputPart, ToolResult } from "../../llm/request.ts";
import type { UpstreamTarget } from "../codec.ts";
import { type ContentPart, contentPart, isText, textContent, textOfDocument } from "./upstream-parts.ts";

type ChatMessage = Readonly<Record<string, unknown>>;

export interface MessageOptions {
  readonly target: UpstreamTarget;
  readonly toUpstream: (name: string) => string;
  /** Said to the model before the client's own instructions; null for nothing. */
  readonly instruction: string | null;
}

/**
 * The conversation as chat messages. Chat takes media from users only: those in tool results and in former answers go into the
 * user's message that follows (I04), never as text.
 */
export function writeMessages(request: LlmRequest, options: MessageOptions): ChatMessage[] {
  const { target } = options;
  const out: ChatMessage[] = [];
  let moved: ContentPart[] = [];
  const flush = () => {
    if (moved.length > 0) out.push({ role: "user", content: moved });
    moved = [];
  };
  const texts = request.system.map(({ text }) => text);
  if (options.instruction !== null) texts.push(options.instruction);
  if (texts.length > 0) out.push({ role: instructionRole(target), content: textContent(texts, target) });
  for (const message of request.messages) {
    switch (message.role) {
      case "system":
      case "developer":
        flush();
        out.push({
          role: instructionRole(target),
          content: textContent(
            message.parts.map(({ text }) => text),
            target,
          ),
        });
        break;
      case "user":
        out.push(userMessage(message, moved, target));
        moved = [];
        break;
      case "assistant": {
        flush();
        out.push(assistantMessage(message.parts, options));
        const media = message.parts.filter(isMedia);
        if (media.length > 0) moved.push(...withNote("From the assistant's answer above:", media, target));
        break;
      }
      case "tool":
        for (const result of message.results) {
          const { content, media } = toolContent(result, target);
          out.push({ role: "tool", tool_call_id: result.callId, content });
          if (media.length > 0)
            moved.push(...withNote(`From the result of tool call ${result.callId}:`, media, target));
        }
    }
  }
  flush();
  return out;
}

/**
 * "developer" is OpenAI's word. Azure's older API versions and many compatible servers refuse it, or drop it with their chat
 * template; everybody takes "system".
 */
function instructionRole({ kind, quirks }: UpstreamTarget): "developer" | "system" {
  return kind === "openai" && !quirks.has("no_developer_role") ? "developer" : "system";
}

/** What OpenAI takes as `name`. */
export const USER_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

function userMessage(
  message: Extract<Message, { role: "user" }>,
  moved: readonly ContentPart[],
  target: UpstreamTarget,
): ChatMessage {
  const { name, parts } = message;
  const named = name !== undefined && USER_NAME.test(name) ? { name } : {};
  const content =
    moved.length === 0 && parts.every(isText)
      ? textContent(
          parts.map(({ text }) => text),
          target,
        )
      : [...moved, ...parts.map((part) => contentPart(part, target))];
  return { role: "user", content, ...named };
}

function isMedia(part: OutputPart): part is MediaPart {
  return part.type === "image" || part.type === "audio" || part.type === "file";
}

function withNote(note: string, media: readonly InputPart[], target: UpstreamTarget): ContentPart[] {
  return [{ type: "text", text: note }, ...media.map((part) => contentPart(part, target))];
}

function assistantMessage(parts: readonly OutputPart[], { target, toUpstream }: MessageOptions): ChatMessage {
  const isCompatible = target.kind === "openai-compatible";
  const texts: string[] = [];
  let refusal = "";
  let reasoning = "";
  const calls: ChatMessage[] = [];
  for (const part of parts) {
    switch (part.type) {
      case "text":
        if (part.text !== "") texts.push(part.text);
        break;
      case "refusal":
        // Compatible servers know no `refusal`; there it is what the assistant said.
        if (isCompatible) texts.push(part.text);
        else refusal += part.text;
        break;
      case "reasoning":
        reasoning += part.text;
        break;
      case "tool_call": {
        const isGoogles = isCompatible && part.signature?.vendor === "gemini";
        calls.push({
          id: part.id,
          type: "function",
          function: { name: toUpstream(part.name), arguments: part.arguments === "" ? "{}" : part.arguments },
          // Google's compatible endpoint refuses calls that come back without it (wire.md 0.5).
          ...(isGoogles ? { extra_content: { google: { thought_signature: part.signature?.value } } } : {}),
        });
      }
    }
  }
  const hasOther = calls.length > 0 || refusal !== "";
  const echo = calls.length > 0 && reasoning !== "" && target.quirks.has("echo_reasoning");
  const reasoningField = target.quirks.has("reasoning_field") ? "reasoning" : "reasoning_content";
  return {
    role: "assistant",
    content: texts.length === 0 && hasOther ? null : textContent(texts, target),
    ...(refusal === "" ? {} : { refusal }),
    ...(echo ? { [reasoningField]: reasoning } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

/** A tool's message holds text only; chat has no mark for a failed call, so the text says it. */
function toolContent({ parts, isError }: ToolResult, target: UpstreamTarget) {
  const texts: string[] = [];
  const media: InputPart[] = [];
  for (const part of parts) {
    const text = part.type === "text" ? part.text : textOfDocument(part);
    if (text === null) media.push(part);
    else if (text !== "") texts.push(text);
  }
  if (texts.length === 0 && media.length > 0) texts.push("The result follows in the next user message.");
  if (isError) texts[0] = `Error: ${texts[0] ?? "the tool failed without a message."}`;
  return { content: textContent(texts, target), media };
}
