import type { ProviderKind, Quirk } from "../llm/names.ts";
import type { ProviderEntry } from "../snapshot.ts";

/** The part of a target that a bridge is remembered for. */
interface BridgedTarget {
  readonly provider: Pick<ProviderEntry, "id">;
  readonly upstreamModel: string;
}

/** What a model was seen to refuse at chat completions: function tools, or everything. */
export type Bridge = "tools" | "always";

const MOST_BRIDGES = 1000;

/**
 * What providers were seen to refuse. A provider's own entry holds what a person set and what is written down; here stands only what
 * was learned a moment ago, until the entry has it too.
 */
export class Quirks {
  readonly #fresh = new Map<string, Set<Quirk>>();
  readonly #bridges = new Map<string, Bridge>();
  readonly #bareAddresses = new Set<string>();

  /** `onLearn` is told what the upstream said, for the operator and for the next start; it must not wait or throw. */
  constructor(private readonly onLearn: (providerId: string, quirk: Quirk, words: string) => void = () => {}) {}

  of(provider: ProviderEntry): ReadonlySet<Quirk> {
    const fresh = this.#fresh.get(provider.id);
    if (fresh === undefined) return provider.quirks;
    for (const quirk of fresh) if (provider.quirks.has(quirk) || provider.ignoredQuirks.has(quirk)) fresh.delete(quirk);
    if (fresh.size > 0) return new Set([...provider.quirks, ...fresh]);
    this.#fresh.delete(provider.id);
    return provider.quirks;
  }

  /** False when there is nothing to learn: it is known, or a person says that it is not so. */
  learn(provider: ProviderEntry, quirk: Quirk, words: string): boolean {
    if (this.of(provider).has(quirk) || provider.ignoredQuirks.has(quirk)) return false;
    const fresh = this.#fresh.get(provider.id) ?? new Set();
    this.#fresh.set(provider.id, fresh.add(quirk));
    this.onLearn(provider.id, quirk, words);
    return true;
  }

  /** Does this model belong to /responses, by its own word? */
  bridgeOf({ provider, upstreamModel }: BridgedTarget): Bridge | null {
    return this.#bridges.size === 0 ? null : (this.#bridges.get(`${provider.id}\n${upstreamModel}`) ?? null);
  }

  /** Is this provider's API at its base URL itself, although that has no path? */
  isBare(providerId: string): boolean {
    return this.#bareAddresses.has(providerId);
  }

  /** False when it was known. */
  learnBareAddress(providerId: string): boolean {
    return this.#bareAddresses.size < this.#bareAddresses.add(providerId).size;
  }

  /** False when it was known. */
  learnBridge(target: BridgedTarget, bridge: Bridge): boolean {
    if (this.bridgeOf(target) === "always" || this.bridgeOf(target) === bridge) return false;
    if (this.#bridges.size >= MOST_BRIDGES) this.#bridges.clear();
    this.#bridges.set(`${target.provider.id}\n${target.upstreamModel}`, bridge);
    return true;
  }
}

/** How a refusal names a quirk, and what must have been sent for it to be one. */
interface Sign {
  readonly quirk: Quirk;
  readonly says: RegExp;
  readonly sent: RegExp;
  /** The words alone tell that it is a habit; else the refusal must also say that something is not taken at all. */
  readonly isPlain?: true;
}

/**
 * A field that is not taken, not a value that is wrong: "Invalid schema for response_format" is the client's own fault, and what one
 * client does wrong must not change what the provider is sent for all.
 */
const NOT_TAKEN =
  /unrecogni[sz]ed|unknown|unexpected|unavailable|forbidden|not (?:currently )?(?:supported|allowed|permitted|available|implemented)|un(?:supported|permitted)|(?:does|do|is|are)(?: not|n['’]t) (?:support|allow|accept|permit)|expected one of|incorrect role|invalid role/i;

/**
 * The vendors' own words, from public threads (providers/presets.ts): "Unrecognized request argument supplied: stream_options",
 * "unknown variant `developer`, expected one of `system`, …", Zhipu's "Incorrect role information", Mistral's "extra_forbidden" with
 * the field's place, "This response_format type is unavailable now", "reasoning_content is missing in assistant tool call message".
 */
const SIGNS: readonly Sign[] = [
  { quirk: "no_stream_options", says: /stream_options|include_usage/, sent: /"stream_options"/ },
  { quirk: "no_developer_role", says: /\bdeveloper\b|\brole\b/i, sent: /"role":\s*"developer"/ },
  { quirk: "max_tokens_only", says: /max_completion_tokens/, sent: /"max_completion_tokens"/ },
  { quirk: "no_parallel_tool_calls", says: /parallel_tool_calls/, sent: /"parallel_tool_calls"/ },
  { quirk: "no_json_schema", says: /json_schema|response_format/, sent: /"json_schema"/ },
  {
    quirk: "echo_reasoning",
    says: /reasoning_content\b.*\b(?:missing|required|must|pass)|\b(?:missing|required|must|pass)\b.*reasoning_content/i,
    sent: /"tool_calls"/,
    isPlain: true,
  },
];

/**
 * Which quirks a refusal (400, 422) is about. `said` is the message, or the whole error body where it says more. OpenAI itself takes
 * all of this, and Azure all but what its older versions do not know.
 */
export function quirksIn(said: string, sent: string, kind: ProviderKind): Quirk[] {
  return SIGNS.filter(
    (sign) =>
      (kind === "openai-compatible" || sign.quirk === "no_stream_options") &&
      sign.says.test(said) &&
      sign.sent.test(sent) &&
      (sign.isPlain === true || NOT_TAKEN.test(said)),
  ).map(({ quirk }) => quirk);
}

/**
 * "Function tools with reasoning_effort are not supported for … in /v1/chat/completions. To use function tools, use /v1/responses …"
 * (wire.md fact 2); "This model is only supported in v1/responses and not in v1/chat/completions."
 */
export function bridgeIn(said: string, kind: ProviderKind): Bridge | null {
  if (kind !== "openai" && kind !== "azure-openai") return null;
  if (!/v1\/responses|responses api/i.test(said) || !/chat\/completions|chat model/i.test(said)) return null;
  return /\btools?\b/i.test(said) ? "tools" : "always";
}
