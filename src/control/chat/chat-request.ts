import { CHAT_ENDPOINTS, HOME_KINDS, type Speaker } from "../../dialogue.ts";
import type { ProtocolId, ProviderKind } from "../../llm/names.ts";
import {
  EMPTY_REQUEST,
  type InputPart,
  type LlmRequest,
  type Message,
  type OutputPart,
  type ToolChoice,
} from "../../llm/request.ts";
import { traitsOf } from "../../providers/traits.ts";
import { serviceOf } from "../../providers/wires.ts";
import type { Snapshot } from "../../snapshot.ts";
import type { ChatParams, MessageRow } from "../../store/chat-types.ts";

/** A branch of a conversation, oldest first, with what hangs on its messages. */
export interface Branch {
  readonly systemPrompt: string | null;
  readonly params: ChatParams;
  readonly messages: readonly Pick<MessageRow, "id" | "role" | "text" | "toolCalls" | "toolResults">[];
  /** By message. */
  readonly attachments: ReadonlyMap<string, readonly InputPart[]>;
}

export function chatRequest(model: string, { systemPrompt, params, messages, attachments }: Branch): LlmRequest {
  const { reasoningEffort, responseFormat = null, tools = [], toolChoice, ...plain } = params;
  return {
    ...EMPTY_REQUEST,
    ...plain,
    model,
    stream: true,
    system: systemPrompt === null || systemPrompt === "" ? [] : [{ type: "text", text: systemPrompt }],
    messages: messages.flatMap((message) => neutral(message, attachments.get(message.id) ?? [])),
    tools: tools.map(({ name, description = null, parameters = null }) => ({
      name,
      description,
      parameters,
      strict: null,
    })),
    toolChoice: toolChoice === undefined || tools.length === 0 ? null : readChoice(toolChoice),
    reasoning: reasoningEffort === undefined ? null : { effort: reasoningEffort, budgetTokens: null, visible: true },
    responseFormat,
  };
}

function readChoice(choice: string): ToolChoice {
  return choice === "auto" || choice === "none" || choice === "required"
    ? { type: choice }
    : { type: "tool", name: choice };
}

/** Thoughts stay out: no vendor takes back what it did not sign. An answer that failed before its first word says nothing. */
function neutral(message: Branch["messages"][number], attachments: readonly InputPart[]): Message[] {
  switch (message.role) {
    case "user":
      return [{ role: "user", parts: [...attachments, ...words(message.text)] }];
    case "assistant": {
      const parts: OutputPart[] = [
        ...words(message.text),
        ...message.toolCalls.map((call) => ({
          type: "tool_call" as const,
          ...call,
          arguments: call.arguments === "" ? "{}" : call.arguments,
          signature: null,
        })),
      ];
      return parts.length === 0 ? [] : [{ role: "assistant", parts }];
    }
    case "tool":
      return [
        {
          role: "tool",
          results: message.toolResults.map(({ callId, text, isError }) => ({
            callId,
            name: null,
            parts: words(text),
            isError,
          })),
        },
      ];
  }
}

function words(text: string): { readonly type: "text"; readonly text: string }[] {
  return text === "" ? [] : [{ type: "text", text }];
}

/**
 * How a model is spoken to. Without a wish the format is that of its first target, so that nothing is lost on the way; a target
 * that speaks the format itself gets it as that very model takes it, since its bytes go up as they are.
 */
export function speakerFor(snapshot: Snapshot, model: string, wish: ProtocolId | null): Speaker {
  const target = firstTarget(snapshot, model);
  const format = wish ?? ownFormat(target?.kind ?? "openai-compatible");
  if (target !== null && serviceOf(CHAT_ENDPOINTS[format], target.kind).how === "native") {
    return { format, model, kind: target.kind, traits: target.traits };
  }
  const kind = HOME_KINDS[format];
  return { format, model, kind, traits: traitsOf(kind, model) };
}

function ownFormat(kind: ProviderKind): ProtocolId {
  if (kind === "anthropic") return "anthropic-messages";
  return kind === "gemini" ? "gemini" : "openai-chat";
}

function firstTarget(snapshot: Snapshot, model: string) {
  const listed = snapshot.models.get(model)?.targets.toSorted((left, right) => left.priority - right.priority)[0];
  if (listed !== undefined) return { kind: listed.provider.kind, traits: listed.traits };
  const slash = model.indexOf("/");
  const provider = slash > 0 ? snapshot.providersByName.get(model.slice(0, slash)) : undefined;
  if (provider === undefined) return null;
  return { kind: provider.kind, traits: traitsOf(provider.kind, model.slice(slash + 1)) };
}
