import type { WrittenRequest } from "../../dialogue.ts";
import type { InternalCall } from "../../internal-call.ts";
import type { ChatError, MessageRow } from "../../store/chat-types.ts";
import type { ControlDeps } from "../deps.ts";
import { ChatRun } from "./chat-run.ts";

/** What may be lost of an answer when the process is killed. */
const SAVE_EVERY_MS = 1000;
/** Each holds its answer in memory. */
const MAX_RUNS = 64;

const RESTARTED: ChatError = {
  errorClass: "cancelled",
  message: "The gateway was stopped before the answer was complete.",
  httpStatus: null,
};

/** The answers that are coming, by message. While there are none it has no timer and hears nothing of the gateway. */
export class ChatRuns {
  readonly #runs = new Map<string, ChatRun>();
  readonly #byRequest = new Map<string, ChatRun>();
  #reserved = 0;
  #timer: ReturnType<typeof setInterval> | null = null;
  #unlisten: (() => void) | null = null;
  #saving: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: Pick<ControlDeps, "store" | "events" | "callGateway" | "now">,
    /** Told when an answer begins to come, and when it has ended and is stored. */
    private readonly onChange: (run: ChatRun) => void,
  ) {}

  /** What was running when the process ended last time is over. */
  async recover(): Promise<void> {
    await this.deps.store.chats.failRunning(RESTARTED, this.deps.now());
  }

  get(messageId: string): ChatRun | null {
    return this.#runs.get(messageId) ?? null;
  }

  /** Room for so many more, until it is given back; null when there is none. */
  reserve(count: number): (() => void) | null {
    if (this.#runs.size + this.#reserved + count > MAX_RUNS) return null;
    this.#reserved += count;
    return () => {
      this.#reserved -= count;
    };
  }

  start(
    { row, createdBy }: { readonly row: MessageRow; readonly createdBy: string | null },
    written: WrittenRequest,
    call: Pick<InternalCall, "clientKeyId" | "pins" | "clientAddress">,
  ): void {
    const run = new ChatRun(row, createdBy, this.onChange);
    this.#runs.set(row.id, run);
    this.#timer ??= setInterval(() => void this.#save(), SAVE_EVERY_MS);
    this.#unlisten ??= this.deps.events.on("requestSettled", (record) => {
      const settled = this.#byRequest.get(record.id);
      settled?.note(record);
    });
    const ended = run.carry(this.deps, written, call);
    if (run.requestId !== null) this.#byRequest.set(run.requestId, run);
    void ended.then(() => this.#save());
  }

  /** Ends what is still being said in conversations that are gone. */
  forget(conversationIds: readonly string[]): void {
    for (const run of this.#runs.values()) {
      if (!conversationIds.includes(run.row.conversationId)) continue;
      run.isForgotten = true;
      run.stop();
    }
  }

  /** Ends them all, and waits until what has come is stored. */
  async close(): Promise<void> {
    for (const run of this.#runs.values()) run.stop(RESTARTED);
    for (let tries = 0; this.#runs.size > 0 && tries < 100; tries++) {
      await Bun.sleep(20);
      await this.#save();
    }
    this.#idle();
  }

  /** One transaction for all that moved; what cannot be written now is tried again at the next turn. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#saveMoved()).catch(() => {});
    return this.#saving;
  }

  async #saveMoved(): Promise<void> {
    const moved = [...this.#runs.values()].filter((run) => run.savedAt !== mark(run));
    if (moved.length === 0) return;
    const { chats } = this.deps.store;
    const marks = moved.map((run) => [run, mark(run), run.isOver] as const);
    await chats.saveAnswers(moved.map((run) => ({ id: run.row.id, patch: run.patch() })));
    for (const [run, savedAt, isOver] of marks) {
      // An answer is saved when its pictures are too.
      if (isOver && run.answer.media.length > 0) await chats.addAttachments(run.row.id, run.answer.media);
      run.savedAt = savedAt;
      if (!isOver) continue;
      this.#runs.delete(run.row.id);
      if (run.requestId !== null) this.#byRequest.delete(run.requestId);
      if (!run.isForgotten) this.onChange(run);
    }
    if (this.#runs.size === 0) this.#idle();
  }

  #idle(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#unlisten?.();
    this.#unlisten = null;
  }
}

function mark({ answer, state, isOver }: ChatRun): string {
  return `${answer.seq} ${state} ${isOver}`;
}
