import type { LlmRequest } from "../llm/request.ts";
import type { UpstreamTarget } from "./codec.ts";

/** What stands within messages and tools and changes what the model does; marks for a prompt cache change nothing but the price. */
export interface Carries {
  /** Names of users: a pattern where only some of them are taken. */
  readonly names: boolean | RegExp;
  /** OpenAI's image detail, where it is more than its default. */
  readonly detail: boolean;
  /** The promise that arguments keep to their schema. */
  readonly strict: boolean;
}

/** The losses of this kind for `dropped`: "messages[].name", "messages[].detail", "tools[].strict". */
export function partLosses({ messages, tools }: LlmRequest, target: UpstreamTarget, carries: Carries): string[] {
  const { names, detail, strict } = carries;
  const isTaken = (name: string) => (typeof names === "boolean" ? names : names.test(name));
  const isLossy = (part: { readonly type: string; readonly detail?: string | null }) =>
    part.type === "image" && part.detail !== null && part.detail !== undefined && part.detail !== "auto";
  const losses: string[] = [];
  const inMessages = target.fieldName("messages");
  if (messages.some((message) => message.role === "user" && message.name !== undefined && !isTaken(message.name))) {
    losses.push(`${inMessages}[].name`);
  }
  const hasDetail = messages.some((message) =>
    message.role === "tool" ? message.results.some(({ parts }) => parts.some(isLossy)) : message.parts.some(isLossy),
  );
  if (hasDetail && !detail) losses.push(`${inMessages}[].detail`);
  if (!strict && tools.some((tool) => tool.strict === true)) losses.push(`${target.fieldName("tools")}[].strict`);
  return losses;
}
