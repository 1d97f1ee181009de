import type { RememberedTurn } from "../llm/restore.ts";
import type { KeyBinding } from "./bound-ids.ts";

/** Whose turn it is. Ids of calls are not secret and not unique, so one client never finds what another's answer held. */
export type TurnOwner = string | null;

export interface KnownTurn {
  readonly turn: RememberedTurn;
  /** The key that made it: signatures are worth nothing to others, and Coze's chats do not exist for them. */
  readonly binding: KeyBinding;
}

export interface TurnMemoryLimits {
  readonly turns: number;
  readonly bytes: number;
}

const DEFAULT_LIMITS: TurnMemoryLimits = { turns: 20_000, bytes: 64 * 1024 * 1024 };

/** What one turn costs beside its texts, measured roughly: objects, map entries, keys. */
const TURN_BYTES = 300;
const CALL_BYTES = 200;

interface HeldTurn extends KnownTurn {
  readonly names: readonly string[];
  readonly bytes: number;
}

/**
 * Turns of tool calls by the ids of their calls, for clients that cannot carry signatures themselves (llm/restore.ts). Bounded by
 * count and by size; those that nobody asked for the longest are forgotten first.
 */
export class TurnMemory {
  readonly #limits: TurnMemoryLimits;
  readonly #byName = new Map<string, HeldTurn>();
  /** In order of their last use. */
  readonly #held = new Set<HeldTurn>();
  #bytes = 0;

  constructor(limits: TurnMemoryLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#held.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  remember(owner: TurnOwner, turn: RememberedTurn, binding: KeyBinding): void {
    const names = turn.calls.map((call) => nameOf(owner, call.id));
    const bytes = sizeOf(turn, names);
    for (const name of names) this.#forget(this.#byName.get(name));
    // One huge turn must not push out everybody else's.
    if (bytes > this.#limits.bytes / 8) return;
    const held = { turn, binding, names, bytes };
    for (const name of names) this.#byName.set(name, held);
    this.#held.add(held);
    this.#bytes += bytes;
    for (const oldest of this.#held) {
      if (this.#held.size <= this.#limits.turns && this.#bytes <= this.#limits.bytes) return;
      this.#forget(oldest);
    }
  }

  find(owner: TurnOwner, callId: string): KnownTurn | null {
    const held = this.#byName.get(nameOf(owner, callId));
    if (held === undefined) return null;
    this.#held.delete(held);
    this.#held.add(held);
    return held;
  }

  #forget(held: HeldTurn | undefined): void {
    if (held === undefined || !this.#held.delete(held)) return;
    this.#bytes -= held.bytes;
    for (const name of held.names) this.#byName.delete(name);
  }
}

function nameOf(owner: TurnOwner, callId: string): string {
  return `${owner ?? ""}\n${callId}`;
}

/** Upper bound: a text may take two bytes a character. */
function sizeOf(turn: RememberedTurn, names: readonly string[]): number {
  let characters = 0;
  for (const name of names) characters += name.length;
  for (const { what, reasoning, signature } of turn.calls) {
    characters += what.length + (signature?.value.length ?? 0) + (signature?.id?.length ?? 0);
    for (const part of reasoning) characters += part.text.length + (part.signature?.value.length ?? 0);
  }
  return TURN_BYTES + turn.calls.length * CALL_BYTES + 2 * characters;
}
