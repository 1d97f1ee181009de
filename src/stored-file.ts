import type { ByteRange } from "./lib/byte-range.ts";

/** A file that a client or a person gave to this gateway, as it crosses from the store to those who serve it. */
export interface StoredFile {
  /** fil_…: the same in the admin API and for clients of every format. */
  readonly id: string;
  readonly filename: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** Hex, of the content. */
  readonly sha256: string;
  /** OpenAI's word for what it is for ("user_data", "batch"). */
  readonly purpose: string;
  /** The client key that alone may use it; null: it belongs to the people of the console. */
  readonly clientKeyId: string | null;
  /** Who uploaded it in the console, where that is known. */
  readonly userId: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
}

/** What is known of a file only when its last byte has come. */
export type FileDetails = Pick<
  StoredFile,
  "filename" | "mediaType" | "purpose" | "clientKeyId" | "userId" | "expiresAtMs"
>;

/** One upload under way. It ends with `finish` or `abort`, once. */
export interface FileUpload {
  readonly id: string;
  readonly bytes: number;
  /** Resolves when more may come: the disk sets the pace. Rejects with FileError. */
  write(chunk: Uint8Array): Promise<void>;
  /** Resolves when the file would survive a power cut. Rejects with FileError; nothing is left of it then. */
  finish(details: FileDetails): Promise<StoredFile>;
  /** Never rejects, leaves nothing; nothing happens after `finish`. */
  abort(): Promise<void>;
}

export interface FileLimits {
  readonly maxFileBytes: number;
  /** All files together. */
  readonly filesMaxBytes: number;
}

/** Files by their time, newest first unless `ascending`. */
export interface FileQuery {
  /** Undefined: everybody's. */
  readonly clientKeyId?: string | null;
  readonly purpose?: string;
  readonly ids?: readonly string[];
  /** In the name, without regard to case. */
  readonly search?: string;
  /** The id that comes just before the page, in its order. */
  readonly after?: string;
  /** The id that comes just behind the page, in its order. */
  readonly before?: string;
  readonly ascending?: boolean;
  readonly limit: number;
}

export interface FilePage {
  readonly files: readonly StoredFile[];
  readonly hasMore: boolean;
}

/** What the gateway sees of the store. */
export interface StoredFiles {
  /** Rejects with FileError. */
  begin(limits: FileLimits): Promise<FileUpload>;
  /** Null when there is none, or its time is over. */
  get(id: string): Promise<StoredFile | null>;
  page(query: FileQuery): Promise<FilePage>;
  /** The content, at its reader's pace. Ends with a FileError when it cannot be read. */
  content(file: StoredFile, range?: ByteRange): ReadableStream<Uint8Array>;
  /** Returns the ids that were there. */
  delete(ids: readonly string[]): Promise<string[]>;
}

/** A file of ours that a key has uploaded to its vendor: nobody else's key can name it. */
export interface KeptCopy {
  readonly fileId: string;
  readonly keyId: string;
  /** What requests name it by: an id, with Gemini an address. */
  readonly reference: string;
  readonly expiresAtMs: number;
}

/** What the gateway sees of the store: it reads once, and never waits for a write. */
export interface KeptCopies {
  all(nowMs: number): Promise<readonly KeptCopy[]>;
  save(copy: KeptCopy): Promise<void>;
  remove(copies: readonly Pick<KeptCopy, "fileId" | "keyId">[]): Promise<void>;
}

export type FileFault =
  /** The file is larger than a file may be. */
  | "too_large"
  /** All files together are as large as they may be. */
  | "quota"
  | "disk_full"
  /** The disk or the database does not work; it may later. */
  | "unavailable"
  /** The content is gone or damaged. */
  | "unreadable";

/** `message` is public. */
export class FileError extends Error {
  override readonly name = "FileError";

  constructor(
    readonly fault: FileFault,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

export function fileTooLarge(limit: number): FileError {
  const mib = Math.floor((limit / 1_048_576) * 10) / 10;
  return new FileError("too_large", `The file is larger than ${mib} MiB, which is the limit here.`);
}
