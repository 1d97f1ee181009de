import type { GatewayError } from "../../errors.ts";
import { errorText, type Logger } from "../../lib/log.ts";
import type { NamedCopy, VendorCopies } from "../../llm/vendor-copies.ts";
import type { KeyEntry } from "../../snapshot.ts";
import type { KeptCopies, KeptCopy, StoredFile } from "../../stored-file.ts";

/** A file that a request can only name, and what is said when an upstream cannot be given it. */
export interface LargeFile {
  readonly file: StoredFile;
  readonly refusal: GatewayError;
}

export type VendorCopy = Pick<KeptCopy, "reference" | "expiresAtMs">;

/** The large files of one request, as the vendor of the key that is asked knows them. */
export interface PlacedFiles {
  readonly copies: VendorCopies;
  /** The header value by which Anthropic's requests may name files. */
  readonly beta: string | null;
}

/** What is said of them where none can be placed. */
export function refusalOfLarge(files: Files): GatewayError {
  return files.values().next().value!.refusal;
}

type Files = ReadonlyMap<string, LargeFile>;

export function placedFiles(files: Files, beta: string | null, referenceOf: (id: string) => string): PlacedFiles {
  const copies = [...files].map(([id, { file }]): [string, NamedCopy] => [
    id,
    { reference: referenceOf(id), mediaType: file.mediaType },
  ]);
  return { copies: new Map(copies), beta };
}

/** As if they were placed, to see whether a request can be written at all. */
export function unplacedFiles(files: Files): PlacedFiles {
  return placedFiles(files, null, (id) => id);
}

const CAPACITY = 10_000;

/** Where copies of files lie: in memory for requests, written down so that a restart uploads nothing again. */
export class FileCopies {
  readonly #copies = new Map<string, KeptCopy>();

  private constructor(
    private readonly kept: KeptCopies,
    private readonly log: Pick<Logger, "warn">,
  ) {}

  static async open(kept: KeptCopies, log: Pick<Logger, "warn">): Promise<FileCopies> {
    const opened = new FileCopies(kept, log);
    for (const copy of await kept.all(Date.now())) opened.#copies.set(nameOf(copy.fileId, copy.keyId), copy);
    return opened;
  }

  find(fileId: string, keyId: string, nowMs: number): VendorCopy | null {
    const copy = this.#copies.get(nameOf(fileId, keyId));
    return copy !== undefined && copy.expiresAtMs > nowMs ? copy : null;
  }

  remember(fileId: string, keyId: string, { reference, expiresAtMs }: VendorCopy): void {
    const name = nameOf(fileId, keyId);
    const copy = { fileId, keyId, reference, expiresAtMs };
    this.#copies.delete(name);
    this.#copies.set(name, copy);
    this.#note(this.kept.save(copy));
    for (const oldest of this.#copies.values()) {
      if (this.#copies.size <= CAPACITY) return;
      this.forget(oldest.fileId, oldest.keyId);
    }
  }

  /** The vendor does not know it any more. */
  forget(fileId: string, keyId: string): void {
    if (this.#copies.delete(nameOf(fileId, keyId))) this.#note(this.kept.remove([{ fileId, keyId }]));
  }

  /** The key that need upload nothing; null when there is none. */
  holder(fileIds: readonly string[], keys: readonly KeyEntry[], nowMs: number): KeyEntry | null {
    return keys.find((key) => fileIds.every((id) => this.find(id, key.id, nowMs) !== null)) ?? null;
  }

  #note(written: Promise<void>): void {
    written.catch((error: unknown) => this.log.warn("could not note a vendor's copy", { error: errorText(error) }));
  }
}

function nameOf(fileId: string, keyId: string): string {
  return `${fileId} ${keyId}`;
}
