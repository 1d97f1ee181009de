import type { SealKey } from "../lib/seal.ts";
import type { DataDirectory } from "./data-directory.ts";
import type { Question, ReaderQuestions, ReaderReply, ReaderRequest, ReaderStart } from "./reader-messages.ts";
import { spawnWorker } from "./spawn-worker.ts";
import { StoreError } from "./store-error.ts";

const DEADLINE_MS = 15_000;
const TOO_SLOW = "This took too long: choose a shorter time or a narrower filter.";

interface Waiting {
  readonly request: ReaderRequest;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: StoreError) => void;
  readonly deadline: ReturnType<typeof setTimeout>;
}

/**
 * The main thread's end of the reader Worker, which starts with the first question: a gateway whose console nobody opens does without
 * it. A query that takes too long is given up and the Worker replaced: SQLite cannot be interrupted from outside. The others are
 * asked again.
 */
export class Reader {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #nextId = 1;
  #closed = false;

  constructor(
    private readonly directory: DataDirectory,
    private readonly contentKey: SealKey,
    private readonly deadlineMs = DEADLINE_MS,
    private readonly spawn = () => spawnWorker("reader-worker"),
  ) {}

  /** Rejects with StoreError: its message holds no SQL. */
  ask<Q extends Question>(
    question: Q,
    ...parameters: Parameters<ReaderQuestions[Q]>
  ): Promise<ReturnType<ReaderQuestions[Q]>> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new StoreError("the store is closed"));
        return;
      }
      const request = { id: this.#nextId++, question, parameters };
      const deadline = setTimeout(() => this.#giveUp(request.id), this.deadlineMs);
      this.#waiting.set(request.id, { request, resolve: resolve as (value: unknown) => void, reject, deadline });
      if (this.#worker === null) this.#start();
      else this.#worker.postMessage(request);
    });
  }

  /** Closes the files of the days before this one: they are about to be deleted. */
  async releaseBefore(firstDay: number): Promise<void> {
    if (this.#worker !== null) await this.ask("releaseBefore", firstDay);
  }

  async close(): Promise<void> {
    if (this.#worker !== null) await this.ask("close").catch(() => {});
    this.abandon();
  }

  /** Ends the Worker as it is. */
  abandon(): void {
    this.#closed = true;
    this.#drop("the store is closed");
  }

  #start(): void {
    const worker = this.spawn();
    this.#worker = worker;
    worker.onmessage = (event: MessageEvent<ReaderReply>) => this.#hear(event.data);
    worker.onerror = () => {
      if (this.#worker === worker) this.#drop("the query could not be answered: the reader stopped");
    };
    worker.postMessage({ directory: this.directory, contentKey: this.contentKey } satisfies ReaderStart);
    for (const { request } of this.#waiting.values()) worker.postMessage(request);
  }

  #hear(reply: ReaderReply): void {
    const waiting = this.#settle(reply.id);
    if (waiting === undefined) return;
    if ("error" in reply) waiting.reject(new StoreError(reply.error));
    else waiting.resolve("json" in reply ? JSON.parse(reply.json) : reply.value);
  }

  #giveUp(id: number): void {
    this.#settle(id)?.reject(new StoreError("a query took too long", undefined, TOO_SLOW));
    this.#worker?.terminate();
    this.#start();
  }

  /** Whatever was asked may be what ended the Worker: none of it is asked again. The next question starts another. */
  #drop(reason: string): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(new StoreError(reason));
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting !== undefined) clearTimeout(waiting.deadline);
    return waiting;
  }
}
