import { randomBytes } from "node:crypto";
import { plainFilename } from "../../lib/filename.ts";
import { mediaTypeOfName } from "../../llm/media-type.ts";
import { FileError, type FileUpload, type StoredFile } from "../../stored-file.ts";
import { actorOf } from "../audit/audit.ts";
import type { ControlDeps } from "../deps.ts";
import type { Principal } from "../people/principal.ts";
import { invalid, notFound, ok, type Result, refuse } from "../user-errors.ts";
import type { UploadValues } from "./upload-input.ts";

/** To begin sending, and again to say that it was all. */
const PATIENCE_MS = 600_000;
/** What is announced and not sent costs only memory, but nobody needs more. */
const MAX_PENDING = 100;
const HOUR_MS = 3_600_000;

interface Pending {
  readonly values: UploadValues;
  readonly userId: string | null;
  readonly token: string;
  state: "announced" | "arriving" | "arrived";
  upload: FileUpload | null;
  untilMs: number;
}

export interface Announced {
  readonly uploadId: string;
  /** Below the gateway's address. */
  readonly path: string;
  readonly expiresAt: number;
}

export type Received =
  | { readonly kind: "ok" }
  /** No such link, used already, or too late. */
  | { readonly kind: "gone" }
  | { readonly kind: "refused"; readonly status: number; readonly message: string };

/** Uploads in three steps: announced here, sent to a link that works once, completed here. A restart forgets those that are not. */
export class Uploads {
  readonly #pending = new Map<string, Pending>();
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly deps: Pick<ControlDeps, "store" | "snapshots" | "now">) {}

  async announce(principal: Principal, values: UploadValues): Promise<Result<Announced>> {
    const { bytes, clientKeyId, expiresAt } = values;
    const { maxFileBytes } = this.deps.snapshots.current.settings;
    if (bytes > maxFileBytes)
      return refuse(invalid("bytes", `A file has at most ${maxFileBytes} bytes here.`, "OUT_OF_RANGE"));
    if (expiresAt != null && expiresAt < this.deps.now() + HOUR_MS) {
      return refuse(invalid("expiresAt", "A file is kept for at least an hour.", "OUT_OF_RANGE"));
    }
    if (clientKeyId != null && (await this.deps.store.clientKeys.get(clientKeyId)) === null) {
      return refuse(notFound("clientKeyId", "client key", clientKeyId));
    }
    if (this.#pending.size >= MAX_PENDING) {
      return refuse(invalid("filename", "Too many uploads are under way. Try again soon.", "CONFLICT"));
    }
    const [uploadId, token] = [randomBytes(16).toString("hex"), randomBytes(32).toString("hex")];
    const untilMs = this.deps.now() + PATIENCE_MS;
    const userId = actorOf(principal).actorId;
    this.#pending.set(uploadId, { values, userId, token, state: "announced", upload: null, untilMs });
    this.#timer ??= setInterval(() => this.#forgetLate(), PATIENCE_MS / 10);
    return ok({ uploadId, path: `/files/upload/${token}`, expiresAt: untilMs });
  }

  /** What comes to a link. The disk sets the pace. */
  async receive(path: string, body: AsyncIterable<Uint8Array> | null): Promise<Received> {
    const found = [...this.#pending].find(([, { token }]) => path === `/files/upload/${token}`);
    if (found === undefined || found[1].state !== "announced" || found[1].untilMs < this.deps.now())
      return { kind: "gone" };
    const [uploadId, pending] = found;
    pending.state = "arriving";
    pending.untilMs = Number.POSITIVE_INFINITY;
    try {
      pending.upload = await this.deps.store.files.begin(this.deps.snapshots.current.settings);
      for await (const chunk of body ?? []) {
        if (pending.upload.bytes + chunk.length > pending.values.bytes) throw notAsAnnounced();
        await pending.upload.write(chunk);
      }
      if (pending.upload.bytes !== pending.values.bytes) throw notAsAnnounced();
    } catch (error) {
      await this.#forget(uploadId);
      if (error instanceof FileError) return { kind: "refused", status: STATUS[error.fault], message: error.message };
      return { kind: "refused", status: 400, message: "The upload broke off." };
    }
    pending.state = "arrived";
    pending.untilMs = this.deps.now() + PATIENCE_MS;
    return { kind: "ok" };
  }

  async complete(uploadId: string): Promise<Result<StoredFile>> {
    const pending = this.#pending.get(uploadId);
    if (pending === undefined) return refuse(notFound("uploadId", "upload"));
    if (pending.state !== "arrived") return refuse(invalid("uploadId", "The file has not arrived yet.", "CONFLICT"));
    this.#pending.delete(uploadId);
    const { filename, contentType, purpose, clientKeyId = null, expiresAt = null } = pending.values;
    try {
      const file = await pending.upload!.finish({
        filename: plainFilename(filename),
        mediaType: contentType?.toLowerCase() ?? mediaTypeOfName(filename) ?? "application/octet-stream",
        purpose,
        clientKeyId,
        userId: pending.userId,
        expiresAtMs: expiresAt,
      });
      return ok(file);
    } catch (error) {
      if (error instanceof FileError) return refuse(invalid("uploadId", error.message, "CONFLICT"));
      throw error;
    }
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const id of [...this.#pending.keys()]) void this.#forget(id);
  }

  #forgetLate(): void {
    for (const [id, { untilMs }] of this.#pending) if (untilMs < this.deps.now()) void this.#forget(id);
    if (this.#pending.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  async #forget(id: string): Promise<void> {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    await pending?.upload?.abort();
  }
}

/** 507 Insufficient Storage. */
const STATUS = { too_large: 413, quota: 507, disk_full: 507, unavailable: 503, unreadable: 500 } as const;

function notAsAnnounced(): FileError {
  return new FileError("too_large", "The file is not as long as was announced.");
}
