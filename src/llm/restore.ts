import type { LlmRequest, Message, OutputPart, ReasoningPart, ToolCallPart } from "./request.ts";
import type { Signature } from "./signature.ts";

/**
 * The memory that stock chat clients lack: they give tool calls back without the thoughts before them and without signatures,
 * and some vendors then refuse the turn or forget why they called (Gemini 3, OpenAI's encrypted reasoning, Anthropic's thinking,
 * DeepSeek's and Kimi's reasoning_content). What an answer held is kept by its calls' ids and put back when they return.
 */
export interface RememberedTurn {
  /** The turn's calls in order. */
  readonly calls: readonly RememberedCall[];
}

export interface RememberedCall {
  readonly id: string;
  /** Name and arguments, written so that equal calls are equal text: ids alone are not unique with every vendor. */
  readonly what: string;
  /** The thoughts between the call before this one (or the turn's beginning) and this one. */
  readonly reasoning: readonly ReasoningPart[];
  readonly signature: Signature | null;
}

/** What is worth remembering of an answer's parts; null when nothing would be lost without it. */
export function rememberTurn(parts: readonly OutputPart[]): RememberedTurn | null {
  const calls: RememberedCall[] = [];
  let reasoning: ReasoningPart[] = [];
  for (const part of parts) {
    if (part.type === "reasoning") reasoning.push(part);
    if (part.type !== "tool_call") continue;
    calls.push({ id: part.id, what: describeCall(part), reasoning, signature: part.signature });
    reasoning = [];
  }
  return calls.some((call) => call.reasoning.length > 0 || call.signature !== null) ? { calls } : null;
}

/**
 * Puts thoughts and signatures back where a client left them out. What the client sent itself stays: a call's own signature, and
 * the thoughts of a turn in which it sent any signed ones. Thoughts that it echoed without their signature are replaced by those
 * that are remembered, which are worth more.
 */
export function restoreTurns(request: LlmRequest, find: (callId: string) => RememberedTurn | null): LlmRequest {
  let isChanged = false;
  const messages = request.messages.map((message): Message => {
    if (message.role !== "assistant") return message;
    const turn = findTurn(message.parts, find);
    if (turn === null) return message;
    isChanged = true;
    return { role: "assistant", parts: restoreParts(message.parts, turn) };
  });
  return isChanged ? { ...request, messages } : request;
}

/** The turn that one of these calls is remembered from, with the same name and arguments. */
function findTurn(
  parts: readonly OutputPart[],
  find: (callId: string) => RememberedTurn | null,
): RememberedTurn | null {
  for (const part of parts) {
    if (part.type !== "tool_call") continue;
    const turn = find(part.id);
    const known = turn?.calls.find((call) => call.id === part.id);
    if (turn !== null && known?.what === describeCall(part)) return turn;
  }
  return null;
}

function restoreParts(parts: readonly OutputPart[], turn: RememberedTurn): OutputPart[] {
  const hasThoughts = turn.calls.some((call) => call.reasoning.length > 0);
  const isSigned = parts.some((part) => part.type === "reasoning" && part.signature !== null);
  const putsThoughtsBack = hasThoughts && !isSigned;
  const restored: OutputPart[] = [];
  let next = 0;
  for (const part of parts) {
    if (part.type === "reasoning" && putsThoughtsBack) continue;
    if (part.type !== "tool_call") {
      restored.push(part);
      continue;
    }
    const index = turn.calls.findIndex((call, at) => at >= next && call.id === part.id);
    const call = turn.calls[index];
    if (call === undefined) {
      restored.push(part);
      continue;
    }
    // Thoughts before calls that the client left out still belong before this one.
    const reasoning = turn.calls.slice(next, index + 1).flatMap((each) => each.reasoning);
    // The first thoughts open the turn (wire.md 2.3: replayed first), also when words of the answer stand before the call.
    if (putsThoughtsBack) restored.splice(next === 0 ? 0 : restored.length, 0, ...reasoning);
    restored.push(part.signature === null && call.signature !== null ? { ...part, signature: call.signature } : part);
    next = index + 1;
  }
  return restored;
}

function describeCall({ name, arguments: text }: ToolCallPart): string {
  try {
    return `${name} ${JSON.stringify(sorted(JSON.parse(text)))}`;
  } catch {
    return `${name} ${text}`;
  }
}

/** Clients parse arguments and write them anew, some with their keys in another order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
