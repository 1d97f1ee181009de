import type { LlmRequest } from "../llm/request.ts";

export interface ToolNames {
  readonly toUpstream: (name: string) => string;
  /** Upstream name → the client's, where they differ. */
  readonly toClient: ReadonlyMap<string, string>;
}

/** What a vendor takes as the name of a function. */
export interface NameRule {
  readonly longest: number;
  /** A letter that is not taken. */
  readonly wrong: RegExp;
  readonly beginning: RegExp;
}

/** OpenAI's rule, which Anthropic and the compatible ones share: `^[a-zA-Z0-9_-]{1,64}$`. */
export const OPENAI_NAMES: NameRule = { longest: 64, wrong: /[^a-zA-Z0-9_-]/g, beginning: /^[a-zA-Z0-9_-]/ };

/** "Must start with a letter or an underscore … a-z, A-Z, 0-9, underscores, dots, colons and dashes, maximum length 128" (SDK typing). */
export const GEMINI_NAMES: NameRule = { longest: 128, wrong: /[^a-zA-Z0-9_.:-]/g, beginning: /^[a-zA-Z_]/ };

/**
 * Names that fit stay; the others are rewritten, the same way in definitions, choices and former calls, and told apart by a number
 * where two would meet.
 */
export function fitToolNames(request: LlmRequest, rule: NameRule): ToolNames {
  const names = namesIn(request);
  const taken = new Set(names.filter((name) => fits(name, rule)));
  const toUpstream = new Map<string, string>();
  const toClient = new Map<string, string>();
  for (const name of names) {
    if (fits(name, rule) || toUpstream.has(name)) continue;
    const free = freeName(name, rule, taken);
    taken.add(free);
    toUpstream.set(name, free);
    toClient.set(free, name);
  }
  return { toUpstream: (name) => toUpstream.get(name) ?? name, toClient };
}

function fits(name: string, { longest, wrong, beginning }: NameRule): boolean {
  return name.length <= longest && beginning.test(name) && name.search(wrong) < 0;
}

function freeName(name: string, { longest, wrong, beginning }: NameRule, taken: ReadonlySet<string>): string {
  const plain = name.replace(wrong, "_");
  const base = (beginning.test(plain) ? plain : `_${plain}`).slice(0, longest);
  let free = base;
  for (let number = 2; taken.has(free); number++) {
    const ending = `_${number}`;
    free = base.slice(0, longest - ending.length) + ending;
  }
  return free;
}

function namesIn({ tools, messages }: LlmRequest): string[] {
  const names = tools.map(({ name }) => name);
  for (const message of messages) {
    if (message.role !== "assistant") continue;
    for (const part of message.parts) if (part.type === "tool_call") names.push(part.name);
  }
  return names;
}
