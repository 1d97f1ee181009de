import type { AuditOutcome, AuditSubject, AuditValues } from "../../store/audit-entry.ts";
import type { Store } from "../../store/types.ts";
import type { ControlDeps } from "../deps.ts";
import type { Principal } from "../people/principal.ts";
import { networkOf } from "../people/sign-in-throttle.ts";

export const AUDIT_OUTCOMES = ["done", "refused", "failed"] as const satisfies readonly AuditOutcome[];

/** What an entry says besides who and when. */
export type AuditNote = Pick<AuditValues, "action" | "outcome" | "code"> &
  Partial<Pick<AuditValues, "subjects" | "changes" | "input">>;

/** Who asked, and from where. */
export interface Caller {
  readonly principal: Principal;
  readonly address: string;
}

/** Refusals alike within this time become one entry that counts them. */
const FOLD_MS = 60_000;
/** Different ones that are folded at once; what is beyond shares an entry without an address. */
const MAX_FOLDED = 1000;
const ANYWHERE = "";

interface Fold {
  entry: AuditValues;
  times: number;
}

/** Writes the audit log: one entry per mutation, and refusals folded, so that nobody can fill the disk by being refused. */
export class AuditBook {
  readonly #store: Pick<Store, "audit">;
  readonly #now: () => number;
  readonly #folds = new Map<string, Fold>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(deps: Pick<ControlDeps, "now"> & { readonly store: Pick<Store, "audit"> }) {
    this.#store = deps.store;
    this.#now = deps.now;
  }

  /** Resolves when the entry is on disk; rejects when it cannot be written. */
  async write(caller: Caller, note: AuditNote): Promise<void> {
    await this.#store.audit.append(this.#entry(caller, note));
  }

  /**
   * For what strangers and pages can cause as often as they like: the first of its kind is written at once, the others of the
   * following minute as one entry with their number. Nobody waits for it, and nothing fails when it cannot be written.
   */
  fold({ principal, address }: Caller, note: AuditNote): void {
    const network = this.#folds.size < MAX_FOLDED ? networkOf(address) : ANYWHERE;
    const subject = note.subjects?.[0]?.id ?? "";
    const key = JSON.stringify([actorOf(principal), network, note.action, note.code, subject]);
    const fold = this.#folds.get(key);
    const entry = this.#entry({ principal, address: network === ANYWHERE ? ANYWHERE : address }, note);
    if (fold !== undefined) {
      fold.entry = entry;
      fold.times++;
      return;
    }
    this.#folds.set(key, { entry, times: 0 });
    this.#append(entry);
    this.#timer ??= setTimeout(() => this.#unfold(), FOLD_MS);
  }

  /** Resolves when everything folded so far is written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** Hands what is still being counted to the store, which is closed after it. */
  close(): void {
    this.#unfold();
  }

  #unfold(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const { entry, times } of this.#folds.values()) if (times > 0) this.#append({ ...entry, times });
    this.#folds.clear();
  }

  #append(entry: AuditValues): void {
    this.#writing = this.#writing.then(() => this.#store.audit.append(entry)).catch(() => {});
  }

  #entry({ principal, address }: Caller, note: AuditNote): AuditValues {
    const nothing = { subjects: [] as readonly AuditSubject[], changes: [], input: {} };
    return { ...nothing, ...note, ...actorOf(principal), at: this.#now(), address, times: 1 };
  }
}

/** Who it was, in words that stay true when he is renamed. */
export function actorOf(principal: Principal): Pick<AuditValues, "actorId" | "actorLabel" | "tokenId" | "sessionId"> {
  if (principal.kind === "anonymous") return { actorId: null, actorLabel: "nobody", tokenId: null, sessionId: null };
  const { userId, tokenId, name } = principal;
  const sessionId = principal.kind === "session" ? principal.session.id : null;
  return { actorId: userId, actorLabel: name, tokenId, sessionId };
}
