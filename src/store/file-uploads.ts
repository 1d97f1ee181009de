import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "../lib/id.ts";
import type { Seal } from "../lib/seal.ts";
import {
  type FileDetails,
  FileError,
  type FileLimits,
  type FileUpload,
  fileTooLarge,
  type StoredFile,
} from "../stored-file.ts";
import { type OpenFile, SealedFileWriter } from "./sealed-file.ts";
import { isFull } from "./store-error.ts";

export interface UploadParts {
  readonly folder: string;
  readonly seal: Seal;
  readonly openFile?: OpenFile;
  /** Of the files that are there. */
  totalBytes(): number;
  /** Acknowledged when it resolves. */
  insert(file: StoredFile): Promise<void>;
}

/** What is being uploaded. Content goes to a name that nobody looks at, is synced, gets its name, and only then its row. */
export class FileUploads {
  /** Without a row, and not forgotten: nobody may sweep them away. */
  readonly #underWay = new Set<string>();
  #bytesUnderWay = 0;

  constructor(private readonly parts: UploadParts) {}

  has(id: string): boolean {
    return this.#underWay.has(id);
  }

  async begin({ maxFileBytes, filesMaxBytes }: FileLimits): Promise<FileUpload> {
    const { folder, seal, openFile = open } = this.parts;
    const id = newId("fil");
    const path = join(folder, `${id}.part`);
    this.#underWay.add(id);
    let isOver = false;
    let bytes = 0;
    let writer: SealedFileWriter;
    const end = () => {
      if (isOver) return;
      isOver = true;
      this.#underWay.delete(id);
      this.#bytesUnderWay -= bytes;
    };
    /** What was begun is gone when it fails. */
    const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
      if (isOver) throw new FileError("unavailable", "The upload is over.");
      try {
        return await work();
      } catch (error) {
        await abort();
        throw asFileError(error);
      }
    };
    const abort = async () => {
      if (isOver) return;
      await writer?.close().catch(() => {}); // finish may have closed it
      for (const name of [path, join(folder, id)]) await rm(name, { force: true }).catch(() => {});
      end();
    };
    await guarded(async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      writer = await SealedFileWriter.create(path, seal, id, openFile);
    });
    return {
      id,
      get bytes() {
        return bytes;
      },
      write: (chunk) =>
        guarded(async () => {
          if (bytes + chunk.length > maxFileBytes) throw fileTooLarge(maxFileBytes);
          if (this.parts.totalBytes() + this.#bytesUnderWay + chunk.length > filesMaxBytes) throw overQuota();
          bytes += chunk.length;
          this.#bytesUnderWay += chunk.length;
          await writer.write(chunk);
        }),
      finish: (details: FileDetails) =>
        guarded(async () => {
          const sha256 = await writer.finish();
          await rename(path, join(folder, id));
          await syncFolder(folder);
          const file: StoredFile = { ...details, id, bytes, sha256, createdAtMs: Date.now() };
          await this.parts.insert(file);
          end();
          return file;
        }),
      abort,
    };
  }
}

/** Makes a new name in it survive a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function overQuota(): FileError {
  return new FileError("quota", "There is no room for this file: the files here are as large as they may be together.");
}

function asFileError(error: unknown): FileError {
  if (error instanceof FileError) return error;
  if (isFull(error)) return new FileError("disk_full", "There is no room for this file: the disk is full.", error);
  return new FileError("unavailable", "Files cannot be stored at the moment. Try again soon.", error);
}
