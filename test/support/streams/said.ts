/** What a stream came to, in words of no format but for `finish` and `usage`, which are the format's own. */
export interface Said {
  text: string;
  reasoning: string;
  refusal: string;
  readonly calls: SaidCall[];
  finish: string | null;
  usage: unknown;
  /** The stream's own error; null: it came to a good end. */
  error: unknown;
}

export interface SaidCall {
  readonly id: string;
  readonly name: string;
  /** Parsed; undefined when it is no JSON. */
  readonly args: unknown;
}

export interface CheckedStream {
  readonly said: Said;
  /** Broken rules, each with the invariant's name first. */
  readonly problems: readonly string[];
}

export function nothingSaid(): Said {
  return { text: "", reasoning: "", refusal: "", calls: [], finish: null, usage: null, error: null };
}

// biome-ignore lint/suspicious/noExplicitAny: a checker looks into JSON of any shape
export type Json = any;

export function isObject(value: unknown): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Undefined when it is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Collects broken rules: `check(condition, rule)`. */
export function rules(invariant: string, problems: string[]) {
  return (holds: boolean, broken: string): boolean => {
    if (!holds) problems.push(`${invariant}: ${broken}`);
    return holds;
  };
}
