/** The part of a client key that decides whether it may call. */
export interface ClientAccess {
  readonly enabled: boolean;
  readonly expiresAt: number | null;
}

/** Null when the client may call now. A person's switch is named before the clock. */
export function checkClient(client: ClientAccess, nowMs: number): null | "disabled" | "expired" {
  if (!client.enabled) return "disabled";
  return client.expiresAt !== null && nowMs >= client.expiresAt ? "expired" : null;
}

interface ModelScope {
  readonly names: ReadonlySet<string>;
  /** The literal parts between the `*` of each pattern. */
  readonly patterns: readonly (readonly string[])[];
}

/** Compiled once per list: lists belong to the snapshot and are never changed in place. */
const scopes = new WeakMap<readonly string[], ModelScope>();

/**
 * True when `name` is in the list or fits one of its patterns, where `*` stands for any text ("gpt-4*", "openai/*"). An empty list
 * allows every model. Linear in the name, whatever the pattern: no regular expression that a pattern could blow up.
 */
export function mayUseModel(allowedModels: readonly string[], name: string): boolean {
  if (allowedModels.length === 0) return true;
  let scope = scopes.get(allowedModels);
  if (scope === undefined) {
    scope = compile(allowedModels);
    scopes.set(allowedModels, scope);
  }
  return scope.names.has(name) || scope.patterns.some((parts) => matches(parts, name));
}

function compile(allowedModels: readonly string[]): ModelScope {
  return {
    names: new Set(allowedModels.filter((entry) => !entry.includes("*"))),
    patterns: allowedModels.filter((entry) => entry.includes("*")).map((entry) => entry.split("*")),
  };
}

/** First part at the start, last part at the end, those between from left to right, each as early as possible. */
function matches(parts: readonly string[], name: string): boolean {
  const first = parts[0]!;
  const last = parts[parts.length - 1]!;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let from = first.length;
  for (let index = 1; index < parts.length - 1; index++) {
    const at = name.indexOf(parts[index]!, from);
    if (at < 0 || at + parts[index]!.length > end) return false;
    from = at + parts[index]!.length;
  }
  return from <= end;
}
