import type { RequestRecord } from "../../src/record.ts";
import { type DataDirectory, prepareDataDirectory } from "../../src/store/data-directory.ts";
import { unpackReport } from "../../src/store/packed-report.ts";
import type { Question, ReaderQuestions } from "../../src/store/reader-messages.ts";
import { ReaderService } from "../../src/store/reader-service.ts";
import type { LogFilter, UsageQuery } from "../../src/store/reports.ts";
import { readState, type StateReader } from "../../src/store/state-reader.ts";
import type { WriterReply, WriterRequest } from "../../src/store/writer-messages.ts";
import { WriterService } from "../../src/store/writer-service.ts";
import { Batches } from "./batches.ts";
import { CONTENT_KEY, onCleanup, temporaryDirectory } from "./fixtures.ts";

/** The writer's and the reader's work without their Workers: the same code, in this thread, where it can be watched. */
export class TestLog {
  readonly directory: DataDirectory;
  readonly replies: WriterReply[] = [];
  readonly #batches = new Batches();
  readonly #waiting = new Map<number, () => void>();
  readonly #service: WriterService;
  readonly #reader: ReaderService;
  #nextId = 1;
  #closed = false;

  constructor(dataDir = temporaryDirectory()) {
    this.directory = prepareDataDirectory(dataDir);
    this.#service = new WriterService((reply) => {
      this.replies.push(reply);
      if (reply.kind === "done") this.#waiting.get(reply.id)?.();
    });
    this.#service.handle({ kind: "open", directory: this.directory, contentKey: CONTENT_KEY });
    this.#reader = new ReaderService(this.directory, CONTENT_KEY);
    onCleanup(() => this.close());
  }

  handle(request: WriterRequest): void {
    this.#service.handle(request);
  }

  /** One batch, on its way; `flush` waits for it. */
  send(records: readonly RequestRecord[]): void {
    this.#service.handle(this.#batches.of(records));
  }

  async write(records: readonly RequestRecord[]): Promise<void> {
    this.send(records);
    await this.flush();
  }

  flush(): Promise<void> {
    return this.#wait((id) => ({ kind: "flush", id }));
  }

  expire(firstDay: number, usageBeforeMs: number): Promise<void> {
    return this.#wait((id) => ({ kind: "expire", id, firstDay, usageBeforeMs }));
  }

  state<T>(look: (state: StateReader) => T): T {
    return readState(this.directory.state, look);
  }

  ask<Q extends Question>(question: Q, ...parameters: Parameters<ReaderQuestions[Q]>): ReturnType<ReaderQuestions[Q]> {
    const reply = this.#reader.answer({ id: 1, question, parameters });
    if ("error" in reply) throw new Error(reply.error);
    return "json" in reply ? JSON.parse(reply.json) : (reply.value as ReturnType<ReaderQuestions[Q]>);
  }

  page(filter: LogFilter = {}, rest: { limit?: number; afterId?: string; beforeId?: string } = {}) {
    return this.ask("page", { filter, limit: 50, withTotal: true, ...rest });
  }

  /** The ids of a page, newest first. */
  ids(filter: LogFilter = {}): string[] {
    return this.page(filter).rows.map((row) => row.id);
  }

  report(query: Partial<UsageQuery> & Pick<UsageQuery, "fromMs" | "toMs">) {
    const packed = this.ask("report", {
      timeZone: "UTC",
      interval: "quarter_hour",
      groupBy: [],
      filter: {},
      top: 10,
      ...query,
    });
    return unpackReport(packed);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.ask("close");
    this.#service.handle({ kind: "close" });
    while (this.replies.at(-1)?.kind !== "closed") await Bun.sleep(0);
  }

  #wait(request: (id: number) => WriterRequest): Promise<void> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#service.handle(request(id));
    });
  }
}
