import type { KeyHealthChange } from "../events.ts";
import type { SealKey } from "../lib/seal.ts";
import type { RequestRecord } from "../record.ts";
import type { StoredResponse } from "../stored-response.ts";
import { BatchEncoder, BatchMessages, contentBytes, type SealedBatch } from "./batch.ts";
import type { CostPlan } from "./cost-types.ts";
import type { DataDirectory } from "./data-directory.ts";
import { PendingResponses } from "./pending-responses.ts";
import { PendingStates } from "./pending-states.ts";
import type { ResponseRetention } from "./response-file.ts";
import { spawnWorker } from "./spawn-worker.ts";
import type { StateChanges } from "./state-file.ts";
import { StoreError } from "./store-error.ts";
import type { KeyStateRow, KeyUseRow, StoreStats } from "./types.ts";
import type { WriterReply, WriterRequest } from "./writer-messages.ts";

const FLUSH_AFTER_MS = 100;
const BATCH_RECORDS = 500;
const BATCH_BODY_BYTES = 4 * 1_048_576;
const MAX_UNACKNOWLEDGED = 4;
const MAX_QUEUED_RECORDS = 10_000;
const MAX_QUEUED_BODY_BYTES = 64 * 1_048_576;
const RESTART_AFTER_MS = 250;
const STATES_PATIENCE_MS = 500;
const PREPARE_ZONE_EVERY_MS = 3_600_000;
const MAX_ZONES = 100;

interface Waiter {
  readonly request: WriterRequest;
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
}
interface Sent {
  readonly number: number;
  readonly batch: SealedBatch;
}

/**
 * The main thread's end of the writer Worker. Records are written down in a bounded queue, at most 100 ms or 500 of them, then cross as one
 * batch; at most four batches are under way. What does not fit is dropped and counted: the request path never waits for a disk.
 */
export class Writer {
  readonly #directory: DataDirectory;
  readonly #states = new PendingStates();
  readonly responses = new PendingResponses();
  #worker: Worker | null = null;
  readonly #encoder = new BatchEncoder();
  /** Those that wait while four are under way. */
  #sealed: SealedBatch[] = [];
  #unacknowledged: Sent[] = [];
  /** Of the batches that are sealed or under way. */
  #sealedBodyBytes = 0;
  #sealedRecords = 0;
  #messages = new BatchMessages();
  /** What crossed and is not acknowledged. */
  #savingStates: StateChanges | null = null;
  readonly #zonesPreparedMs = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #nextNumber = 1;
  #waiters = new Map<number, Waiter>();
  #closed: (() => void) | null = null;
  #closing = false;
  /** Records that entered the queue, and those that left it. */
  #accepted = 0;
  #acknowledged = 0;
  #dropped = 0;
  #written = 0;
  #databaseBytes = 0;
  #fault: string | null = null;

  private constructor(
    directory: DataDirectory,
    private readonly contentKey: SealKey,
    private readonly spawn: () => Worker,
  ) {
    this.#directory = directory;
  }

  /** Rejects with StoreError when the files cannot be opened. */
  static async open(
    directory: DataDirectory,
    contentKey: SealKey,
    spawn = () => spawnWorker("writer-worker"),
  ): Promise<Writer> {
    const writer = new Writer(directory, contentKey, spawn);
    await writer.#start();
    return writer;
  }

  record(record: RequestRecord): void {
    const bytes = contentBytes(record.content);
    if (this.#closing || this.#isFull(bytes)) {
      this.#dropped++;
      return;
    }
    if (!this.#encoder.add(record)) {
      this.#dropped++;
      return;
    }
    this.#accepted++;
    if (this.#encoder.count >= BATCH_RECORDS || this.#encoder.bodyBytes >= BATCH_BODY_BYTES) {
      this.#seal();
      this.#send();
    } else this.#sendSoon();
  }

  saveStates(states: readonly KeyStateRow[], uses: readonly KeyUseRow[], changes: readonly KeyHealthChange[]): void {
    this.#states.save(states, uses, changes);
    this.#sendSoon();
  }

  touchClients(lastUsed: ReadonlyMap<string, number>): void {
    this.#states.touchClients(lastUsed);
    this.#sendSoon();
  }

  forgetKeys(ids: readonly string[]): void {
    this.#states.forget(ids);
    this.#sendSoon();
  }

  saveResponse(response: StoredResponse): void {
    this.responses.save(response);
    this.#sendSoon();
  }

  removeResponse(id: string): void {
    this.responses.remove(id);
    this.#sendSoon();
  }

  /** Resolves when everything handed over so far is on disk, in the roll-ups too. */
  async flush(): Promise<void> {
    if (this.#closing) return;
    const target = this.#accepted;
    let again = true;
    while (again) {
      this.#send();
      const othersWait = !this.#states.isEmpty || !this.responses.isEmpty;
      await this.#ask({ kind: "flush", id: this.#nextNumber++ });
      again = othersWait || this.#acknowledged < target;
    }
  }

  /** Resolves when observed key state is on disk, or soon after when the disk does not take it. */
  async settleStates(): Promise<void> {
    if (this.#states.isEmpty && this.#savingStates === null) return;
    await settledWithin(this.flush(), STATES_PATIENCE_MS);
  }

  expire(firstDay: number, usageBeforeMs: number): Promise<void> {
    return this.#ask({ kind: "expire", id: this.#nextNumber++, firstDay, usageBeforeMs });
  }

  purge(day: number, rows: readonly number[] | null): Promise<void> {
    return this.#ask({ kind: "purge", id: this.#nextNumber++, day, rows });
  }

  reprice(day: number, quarter: number, plan: CostPlan): Promise<void> {
    return this.#ask({ kind: "reprice", id: this.#nextNumber++, day, quarter, plan });
  }

  /** Charts of this zone are asked for: the roll-ups get its own days. */
  prepareZone(timeZone: string): void {
    const nowMs = Date.now();
    if (nowMs - (this.#zonesPreparedMs.get(timeZone) ?? 0) < PREPARE_ZONE_EVERY_MS) return;
    if (this.#zonesPreparedMs.size >= MAX_ZONES) this.#zonesPreparedMs.clear();
    this.#zonesPreparedMs.set(timeZone, nowMs);
    this.#post({ kind: "prepareZone", timeZone });
  }

  /** Makes what is due of the longer spans of the roll-ups. */
  compact(): Promise<void> {
    return this.#ask({ kind: "compact", id: this.#nextNumber++ });
  }

  async expireResponses(retention: ResponseRetention): Promise<void> {
    this.#send(); // what waits is looked at, too
    await this.#ask({ kind: "expireResponses", id: this.#nextNumber++, retention });
    this.responses.forgetRecent();
  }

  stats(): StoreStats {
    return {
      queuedRecords: this.#queued(),
      droppedRecords: this.#dropped,
      writtenRecords: this.#written,
      droppedResponses: this.responses.dropped,
      databaseBytes: this.#databaseBytes,
      writable: this.#fault === null,
      lastWriteError: this.#fault,
    };
  }

  /** Flushes and ends the Worker. A disk that cannot be written gets `patienceMs`, then what is left counts as dropped. */
  async close(patienceMs: number): Promise<void> {
    if (this.#closing) return;
    const closed = this.flush().then(() => {
      this.#closing = true;
      return new Promise<void>((resolve) => {
        this.#closed = resolve;
        this.#post({ kind: "close" });
      });
    });
    await settledWithin(closed, patienceMs);
    this.#closing = true;
    this.#dropped += this.#queued();
    this.#encoder.seal();
    this.#sealed = [];
    this.#unacknowledged = [];
    this.#sealedRecords = 0;
    this.#sealedBodyBytes = 0;
    this.responses.abandon();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = null;
  }

  #queued(): number {
    return this.#sealedRecords + this.#encoder.count;
  }

  #isFull(bytes: number): boolean {
    return (
      this.#queued() >= MAX_QUEUED_RECORDS ||
      (bytes > 0 && this.#sealedBodyBytes + this.#encoder.bodyBytes + bytes > MAX_QUEUED_BODY_BYTES)
    );
  }

  #sendSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#send();
    }, FLUSH_AFTER_MS);
  }

  #send(): void {
    if (this.#worker === null) return;
    if (!this.#states.isEmpty && this.#savingStates === null) {
      this.#savingStates = this.#states.take();
      this.#post({ kind: "states", changes: this.#savingStates });
    }
    const changes = this.responses.take();
    if (changes !== null) this.#post({ kind: "responses", changes });
    if (this.#unacknowledged.length < MAX_UNACKNOWLEDGED) this.#seal();
    while (this.#sealed.length > 0 && this.#unacknowledged.length < MAX_UNACKNOWLEDGED) {
      const sent = { number: this.#nextNumber++, batch: this.#sealed.shift()! };
      this.#unacknowledged.push(sent);
      this.#sendBatch(sent);
    }
  }

  #seal(): void {
    if (this.#encoder.count === 0) return;
    const batch = this.#encoder.seal();
    this.#sealed.push(batch);
    this.#sealedRecords += batch.count;
    this.#sealedBodyBytes += batch.bodyBytes;
  }

  #sendBatch({ number, batch }: Sent): void {
    const message = this.#messages.message(number, batch);
    // The numbers are copied: a Worker that ends before it has written them gets them again from here.
    this.#worker?.postMessage(message, message.bodies.length > 0 ? [message.bodies.buffer] : []);
  }

  #ask(request: WriterRequest & { readonly id: number }): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.set(request.id, { request, resolve, reject });
      this.#post(request);
    });
  }

  #post(request: WriterRequest): void {
    this.#worker?.postMessage(request);
  }

  #hear(message: WriterReply): void {
    switch (message.kind) {
      case "written": {
        const index = this.#unacknowledged.findIndex((sent) => sent.number === message.number);
        const sent = this.#unacknowledged[index];
        if (sent === undefined) return;
        this.#unacknowledged.splice(index, 1);
        this.#sealedBodyBytes -= sent.batch.bodyBytes;
        this.#sealedRecords -= sent.batch.count;
        this.#acknowledged += sent.batch.count;
        this.#written += message.rows;
        this.#dropped += sent.batch.count - message.rows;
        if (this.#sealed.length > 0 || this.#timer === null) this.#send();
        return;
      }
      case "saved":
        this.#savingStates = null;
        if (!this.#states.isEmpty) this.#sendSoon();
        return;
      case "kept":
        this.responses.written();
        if (!this.responses.isEmpty) this.#sendSoon();
        return;
      case "done":
        this.#waiters.get(message.id)?.resolve();
        this.#waiters.delete(message.id);
        return;
      case "undone":
        this.#waiters.get(message.id)?.reject(new StoreError(message.message));
        this.#waiters.delete(message.id);
        return;
      case "fault":
        this.#fault = message.message;
        return;
      case "size":
        this.#databaseBytes = message.bytes;
        return;
      case "closed":
        this.#closed?.();
        return;
    }
  }

  #start(): Promise<void> {
    const worker = this.spawn();
    return new Promise((resolve, reject) => {
      worker.onmessage = (event: MessageEvent<WriterReply>) => {
        const message = event.data;
        if (message.kind === "opened") {
          this.#worker = worker;
          resolve();
        } else if (message.kind === "failed") {
          worker.terminate();
          reject(new StoreError(message.message));
        } else {
          this.#hear(message);
        }
      };
      worker.onerror = (event) => {
        worker.onmessage = null;
        worker.terminate();
        reject(new StoreError(`the writer stopped: ${event.message}`));
        if (this.#worker === worker) this.#restart();
      };
      const { contentKey } = this;
      worker.postMessage({ kind: "open", directory: this.#directory, contentKey } satisfies WriterRequest);
    });
  }

  /** A bug or a lack of memory ended the Worker: what it had not acknowledged is sent again, the files tell twice from once. */
  #restart(): void {
    this.#worker = null;
    this.#fault = "the writer stopped and is being restarted";
    if (this.#closing) return;
    setTimeout(async () => {
      try {
        await this.#start();
      } catch {
        this.#restart();
        return;
      }
      this.#fault = null;
      this.#messages = new BatchMessages();
      for (const sent of this.#unacknowledged) this.#sendBatch(sent);
      if (this.#savingStates !== null) this.#post({ kind: "states", changes: this.#savingStates });
      const changes = this.responses.underWay;
      if (changes !== null) this.#post({ kind: "responses", changes });
      for (const { request } of this.#waiters.values()) this.#post(request);
      this.#send();
    }, RESTART_AFTER_MS);
  }
}

/** Waits for `work`, but not longer than this. */
function settledWithin(work: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void work.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
