import type { WrittenRequest } from "../../dialogue.ts";
import type { InternalCall } from "../../internal-call.ts";
import type { RequestRecord } from "../../record.ts";
import type { AnswerPatch, ChatError, ChatState, MessageRow } from "../../store/chat-types.ts";
import type { ControlDeps } from "../deps.ts";
import { Waiters } from "../waiters.ts";
import { AnswerBuffer } from "./chat-answer.ts";

/** For the record of a request that has ended: it comes in the same moment, as a rule. */
const RECORD_PATIENCE_MS = 2000;
const MAX_ERROR_BYTES = 65_536;

const STOPPED = Symbol("stopped");
const NEVER = new AbortController().signal;

/** One answer while it comes: asks through the gateway, and holds what has come so far for whoever watches. */
export class ChatRun {
  readonly answer = new AnswerBuffer();
  state: ChatState = "queued";
  requestId: string | null = null;
  error: ChatError | null = null;
  endedAt: number | null = null;
  /** Of `answer.seq` and `state` when it was last saved; null: never. */
  savedAt: string | null = null;
  /** Its conversation has been deleted: nobody wants to hear of it any more. */
  isForgotten = false;
  readonly #stop = new AbortController();
  readonly #watchers = new Waiters();
  #record: RequestRecord | null = null;
  #onRecord: (() => void) | null = null;

  constructor(
    readonly row: MessageRow,
    readonly createdBy: string | null,
    private readonly onState: (run: ChatRun) => void,
  ) {}

  get isOver(): boolean {
    return this.endedAt !== null;
  }

  /** What a person asked for; `reason` is kept with what has come so far. */
  stop(reason: ChatError | null = null): void {
    if (this.isOver || this.#stop.signal.aborted) return;
    this.error = reason;
    this.#stop.abort(STOPPED);
  }

  /** The request behind it has settled. */
  note(record: RequestRecord): void {
    this.#record = record;
    this.#onRecord?.();
  }

  /** Resolves with the next news after `seq`, or when the signal aborts. */
  moved(seq: number, signal: AbortSignal): Promise<void> {
    return this.answer.seq > seq || this.isOver ? Promise.resolve() : this.#watchers.wait(signal);
  }

  /** Resolves when it is over, whatever may still come until then. */
  async over(): Promise<void> {
    while (!this.isOver) await this.moved(this.answer.seq, NEVER);
  }

  /** What stands in the store about it. */
  patch(): AnswerPatch {
    const { state, requestId, error, endedAt, answer } = this;
    return {
      ...answer.content(),
      state,
      requestId,
      error,
      endedAt,
      finishReason: answer.finishReason,
      usage: this.#record?.usage ?? null,
      costNanoUsd: this.#record?.costNanoUsd ?? null,
    };
  }

  view(): MessageRow {
    return { ...this.row, ...this.patch() };
  }

  /** Runs to its end; never rejects. */
  async carry(
    deps: Pick<ControlDeps, "callGateway" | "now">,
    written: WrittenRequest,
    call: Pick<InternalCall, "clientKeyId" | "pins" | "clientAddress">,
  ): Promise<void> {
    const { endpoint, pathModel, body } = written;
    let state: ChatState;
    try {
      const { signal } = this.#stop;
      const asked = deps.callGateway({ ...call, origin: "chat", endpoint, pathModel, body, signal });
      this.requestId = asked.requestId;
      state = await this.#read(await this.#unlessStopped(asked.response), written);
    } catch (thrown) {
      state = thrown === STOPPED && this.error === null ? "stopped" : "error";
      this.error ??= thrown === STOPPED ? null : fault("internal", "Something went wrong in this gateway.");
    }
    if (this.requestId !== null) await this.#settled();
    const errorClass = this.#record?.errorClass ?? null;
    if (this.error !== null) this.error = { ...this.error, errorClass: this.error.errorClass ?? errorClass };
    this.state = state;
    this.endedAt = deps.now();
    this.#watchers.wake();
  }

  async #read(response: Response, written: WrittenRequest): Promise<ChatState> {
    if (!response.ok || response.body === null) {
      this.error = fault(null, await readError(response), response.status);
      return "error";
    }
    const reader = written.answer();
    const body = response.body.getReader();
    try {
      for (;;) {
        const { done, value } = await this.#unlessStopped(body.read());
        const events = done ? reader.end() : reader.push(value);
        for (const event of events ?? []) {
          if (event.type === "error") this.error ??= fault(null, event.error.message, event.error.status);
          else this.answer.push(event);
        }
        if (events === null) this.error ??= fault("truncated", "The answer broke off.");
        if (this.answer.isFull) {
          this.stop(fault("too_large", "The answer is longer than what is kept of one."));
        }
        this.#noteProgress();
        // After an error too: the gateway writes the request's record when the stream is over.
        if (done) return this.error === null ? "done" : "error";
      }
    } finally {
      void body.cancel().catch(() => {});
    }
  }

  #noteProgress(): void {
    if (this.state === "queued" && this.answer.seq > 0) {
      this.state = "streaming";
      this.onState(this);
    }
    this.#watchers.wake();
  }

  #unlessStopped<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.#stop;
    return new Promise((resolve, reject) => {
      const stop = () => reject(STOPPED);
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { once: true });
      const settle = () => signal.removeEventListener("abort", stop);
      work.then(resolve, reject).finally(settle);
    });
  }

  /** Usage and cost stand in the record. */
  #settled(): Promise<void> {
    if (this.#record !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, RECORD_PATIENCE_MS);
      this.#onRecord = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function fault(errorClass: ChatError["errorClass"], message: string, httpStatus: number | null = null): ChatError {
  return { errorClass, message, httpStatus };
}

/** All four formats say it in `error.message`. */
async function readError(response: Response): Promise<string> {
  const text = (await response.text().catch(() => "")).slice(0, MAX_ERROR_BYTES);
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } };
    if (typeof error?.message === "string") return error.message;
  } catch {
    // Not JSON: the status is all that is known.
  }
  return `The request was answered with ${response.status}.`;
}
