import { Database } from "bun:sqlite";
import { existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Seal } from "../lib/seal.ts";
import type { DataDirectory } from "./data-directory.ts";
import { Lane } from "./lane.ts";
import { LogWriter } from "./log-writer.ts";
import { schemaVersion } from "./open-schema.ts";
import { ResponseFile } from "./response-file.ts";
import { StateFile } from "./state-file.ts";
import { describeFault, StoreError } from "./store-error.ts";
import { UsageFile } from "./usage-file.ts";
import { USAGE_UPGRADES, USAGE_VERSION } from "./usage-tables.ts";
import type { WriterReply, WriterRequest } from "./writer-messages.ts";

/** Roll-ups are written in bulk: a busy group is added to a thousand times, and written twice a second. */
const COUNT_EVERY_MS = 500;
const MEASURE_EVERY_MS = 10_000;
const IDLE_DAY_MS = 600_000;
const EXPIRE_SLICE_ROWS = 2000;
const EXPIRE_SLICE_CONVERSATIONS = 100;
const SEAL_SLICE_ROWS = 50;
const TRIES = 20;
const AGAIN_MS = 250;

interface Files {
  readonly directory: DataDirectory;
  readonly state: StateFile;
  readonly responses: ResponseFile;
  readonly usage: UsageFile;
  readonly logs: LogWriter;
}

/** What the writer Worker does: requests in, replies out. The lanes keep a fault of one file from stopping the others. */
export class WriterService {
  readonly #faults = new Map<string, string>();
  readonly #logLane = this.#lane("the request log");
  readonly #usageLane = this.#lane("the usage database");
  readonly #stateLane = this.#lane("the key state database");
  readonly #responseLane = this.#lane("the database of stored responses");
  #files: Files | null = null;
  #countTimer: ReturnType<typeof setTimeout> | null = null;
  #measuredAtMs = 0;
  #isCompacting = false;

  constructor(private readonly reply: (message: WriterReply) => void) {}

  handle(request: WriterRequest): void {
    if (request.kind === "open") {
      this.#open(request);
      return;
    }
    const files = this.#files;
    if (files === null) return;
    switch (request.kind) {
      case "batch": {
        const job = files.logs.prepare(request);
        this.#logLane.push(() => {
          files.logs.write(job);
          this.reply({ kind: "written", number: request.number, rows: job.rows.count });
          this.#countSoon(files);
        });
        return;
      }
      case "states":
        this.#stateLane.push(() => {
          files.state.save(request.changes);
          this.reply({ kind: "saved" });
        });
        return;
      case "responses":
        this.#responseLane.push(() => {
          files.responses.save(request.changes);
          this.reply({ kind: "kept" });
        });
        return;
      case "flush":
        void this.#flush(files).then(() => this.reply({ kind: "done", id: request.id }));
        return;
      case "expire":
        void this.#expire(files, request).then(() => this.reply({ kind: "done", id: request.id }));
        return;
      case "purge":
        this.#attempt(files, { id: request.id, name: "the purge of a day" }, () =>
          files.logs.purge(request.day, request.rows),
        );
        return;
      case "reprice":
        this.#attempt(files, { id: request.id, name: "the costs of a day" }, () =>
          files.logs.reprice(request.day, request.quarter, request.plan),
        );
        return;
      case "compact":
        void this.#compact(files).then(() => this.reply({ kind: "done", id: request.id }));
        return;
      case "prepareZone":
        this.#usageLane.push(() => files.usage.prepareZone(request.timeZone, Date.now()));
        void this.#compactLeisurely(files);
        return;
      case "expireResponses":
        void this.#expireResponses(files, request).then(() => this.reply({ kind: "done", id: request.id }));
        return;
      case "close":
        void this.#flush(files).then(() => this.#close(files));
        return;
      default:
        request satisfies never;
    }
  }

  #lane(name: string): Lane {
    return new Lane((fault) => {
      if (fault === null) this.#faults.delete(name);
      else this.#faults.set(name, `${name}: ${fault instanceof StoreError ? fault.message : describeFault(fault)}`);
      this.reply({ kind: "fault", message: [...this.#faults.values()][0] ?? null });
    });
  }

  #open({ directory, contentKey }: WriterRequest & { kind: "open" }): void {
    try {
      const state = openFile(directory.state, (path) => new StateFile(path));
      const usage = openFile(directory.usage, openUsage);
      const responses = openFile(directory.responses, (path) => new ResponseFile(path, new Seal(contentKey)));
      this.#files = { directory, state, usage, responses, logs: new LogWriter(directory.logs, usage) };
    } catch (error) {
      this.reply({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
      return;
    }
    this.reply({ kind: "opened" });
    const { logs } = this.#files;
    this.#logLane.push(() => logs.reconcileAll());
    void this.#countUnknown(logs);
    void this.#sealOldResponses(this.#files);
    this.#measure(directory);
  }

  /** Roll-ups that were lost, or of an older format, are made anew of the days that are there: one by one, batches in between. */
  async #countUnknown(logs: LogWriter): Promise<void> {
    let more = true;
    while (more && this.#files !== null) {
      this.#logLane.push(() => {
        more = this.#files !== null && logs.countNextUnknown();
      });
      await this.#logLane.drained();
      await Bun.sleep(0);
    }
  }

  #countSoon(files: Files): void {
    this.#countTimer ??= setTimeout(() => {
      this.#countTimer = null;
      this.#usageLane.push(() => files.logs.count());
      this.#usageLane.push(() => void files.usage.compactOne(Date.now()));
      this.#logLane.push(() => files.logs.closeIdle(Date.now() - IDLE_DAY_MS));
      if (Date.now() - this.#measuredAtMs > MEASURE_EVERY_MS) this.#measure(files.directory);
    }, COUNT_EVERY_MS);
  }

  async #flush({ logs }: Files): Promise<void> {
    await this.#logLane.drained();
    this.#usageLane.push(() => logs.count());
    await this.#usageLane.drained();
    await this.#stateLane.drained();
    await this.#responseLane.drained();
  }

  /** Old roll-ups go in slices, so that batches get their turns in between. */
  async #expire(files: Files, { firstDay, usageBeforeMs }: WriterRequest & { kind: "expire" }): Promise<void> {
    this.#logLane.push(() => files.logs.expireDays(firstDay));
    this.#usageLane.push(() => files.usage.leaveZones(Date.now()));
    await this.#logLane.drained();
    let more = true;
    while (more) {
      this.#usageLane.push(() => {
        more = files.usage.expireSlice(usageBeforeMs, EXPIRE_SLICE_ROWS);
      });
      await this.#usageLane.drained();
      await Bun.sleep(0);
    }
    this.#measure(files.directory);
  }

  /** Not until it succeeds, as batches are written: these must not wait for it. `work` is safe to repeat. */
  #attempt(files: Files, what: { readonly id: number; readonly name: string }, work: () => void, tries = TRIES): void {
    this.#logLane.push(() => {
      if (this.#files !== files) return; // closed meanwhile
      try {
        work();
      } catch (error) {
        if (tries > 1) setTimeout(() => this.#attempt(files, what, work, tries - 1), AGAIN_MS);
        else this.reply({ kind: "undone", id: what.id, message: `${what.name}: ${describeFault(error)}` });
        return;
      }
      this.reply({ kind: "done", id: what.id });
    });
  }

  /** Slot by slot, batches in between. */
  async #compact(files: Files): Promise<void> {
    let more = true;
    while (more && this.#files === files) {
      this.#usageLane.push(() => {
        more = this.#files === files && files.usage.compactOne(Date.now());
      });
      await this.#usageLane.drained();
      await Bun.sleep(0);
    }
  }

  /** Where nobody waits for it: half of the time is left to others. */
  async #compactLeisurely(files: Files): Promise<void> {
    if (this.#isCompacting) return;
    this.#isCompacting = true;
    let more = true;
    while (more && this.#files === files) {
      let spentMs = 0;
      this.#usageLane.push(() => {
        const startedMs = performance.now();
        more = this.#files === files && files.usage.compactOne(Date.now());
        spentMs = performance.now() - startedMs;
      });
      await this.#usageLane.drained();
      await Bun.sleep(spentMs);
    }
    this.#isCompacting = false;
  }

  /** Whole conversations go, in slices too. */
  async #expireResponses(files: Files, request: WriterRequest & { kind: "expireResponses" }): Promise<void> {
    let roots: readonly string[] = [];
    this.#responseLane.push(() => {
      roots = files.responses.expired(request.retention);
    });
    await this.#responseLane.drained();
    for (let from = 0; from < roots.length; from += EXPIRE_SLICE_CONVERSATIONS) {
      this.#responseLane.push(() =>
        files.responses.removeConversations(roots.slice(from, from + EXPIRE_SLICE_CONVERSATIONS)),
      );
      await this.#responseLane.drained();
      await Bun.sleep(0);
    }
  }

  /** What an older program left in clear, in slices: what comes from clients goes before it. */
  async #sealOldResponses(files: Files): Promise<void> {
    let after = files.responses.hasUnsealed() ? 0 : null;
    while (after !== null && this.#files === files) {
      const from: number = after;
      this.#responseLane.push(() => {
        if (this.#files === files) after = files.responses.sealOld(from, SEAL_SLICE_ROWS);
      });
      await this.#responseLane.drained();
      await Bun.sleep(0);
    }
  }

  #close(files: Files): void {
    if (this.#countTimer !== null) clearTimeout(this.#countTimer);
    this.#files = null;
    try {
      files.logs.close();
      files.usage.close();
      files.state.close();
      files.responses.close();
    } finally {
      this.reply({ kind: "closed" });
    }
  }

  #measure({ root, logs }: DataDirectory): void {
    this.#measuredAtMs = Date.now();
    let bytes = 0;
    for (const folder of [root, logs]) {
      for (const entry of readdirSync(folder)) {
        const file = statSync(join(folder, entry), { throwIfNoEntry: false });
        if (file?.isFile()) bytes += file.size;
      }
    }
    this.reply({ kind: "size", bytes });
  }
}

/** An older format is not read: what it holds is counted again from the logs. The file stays, for whoever wants it. */
function openUsage(path: string): UsageFile {
  if (existsSync(path) && isTooOld(formatOf(path))) {
    for (const suffix of ["", "-wal"]) if (existsSync(path + suffix)) renameSync(path + suffix, `${path}.old${suffix}`);
    rmSync(`${path}-shm`, { force: true });
  }
  return new UsageFile(path);
}

function isTooOld(format: number): boolean {
  return format < USAGE_VERSION && USAGE_UPGRADES[format] === undefined;
}

function formatOf(path: string): number {
  const database = new Database(path, { readwrite: true });
  try {
    return schemaVersion(database) || USAGE_VERSION; // 0: nothing was written into it yet
  } finally {
    database.close();
  }
}

function openFile<T>(path: string, make: (path: string) => T): T {
  try {
    return make(path);
  } catch (error) {
    throw error instanceof StoreError ? error : new StoreError(`cannot open ${path}: ${describeFault(error)}`);
  }
}
