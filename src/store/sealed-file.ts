import { type FileHandle, open } from "node:fs/promises";
import type { ByteRange } from "../lib/byte-range.ts";
import type { Seal, SealPlace } from "../lib/seal.ts";

/**
 * Content on disk: pieces of 64 KiB, each sealed by itself, so that a file is written and read as a stream and any range of it is
 * found by arithmetic. A piece is bound to its file and its number, the last one to being the last: nothing can be moved, swapped or
 * cut off unnoticed.
 */
const PIECE_BYTES = 65_536;
const SEAL_BYTES = 33;
const SEALED_BYTES = PIECE_BYTES + SEAL_BYTES;
/** Read at once: fewer turns of the event loop. */
const READ_PIECES = 4;

function placeOf(id: string, piece: number, isLast: boolean): SealPlace {
  return { table: "file", row: id, column: isLast ? `${piece} last` : `${piece}` };
}

/** As node:fs opens files; a disk that fails is put in its place to see what happens then. */
export type OpenFile = (path: string, flags: string, mode: number) => Promise<FileHandle>;

/** One file being written, to a name that nobody looks at. */
export class SealedFileWriter {
  readonly #hash = new Bun.CryptoHasher("sha256");
  readonly #piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  #filled = 0;
  #pieces = 0;

  private constructor(
    private readonly handle: FileHandle,
    private readonly seal: Seal,
    private readonly id: string,
  ) {}

  static async create(path: string, seal: Seal, id: string, openFile: OpenFile = open): Promise<SealedFileWriter> {
    return new SealedFileWriter(await openFile(path, "wx", 0o600), seal, id);
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk);
    for (let at = 0; at < chunk.length; ) {
      // A full piece is written only when more comes: so the last one is known to be the last.
      if (this.#filled === PIECE_BYTES) await this.#flush(false);
      const count = Math.min(PIECE_BYTES - this.#filled, chunk.length - at);
      this.#piece.set(chunk.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
    }
  }

  /** Resolves with the content's SHA-256 when it is on the disk itself. */
  async finish(): Promise<string> {
    await this.#flush(true);
    await this.handle.sync();
    await this.handle.close();
    return this.#hash.digest("hex");
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  async #flush(isLast: boolean): Promise<void> {
    const place = placeOf(this.id, this.#pieces++, isLast);
    const sealed = this.seal.seal(this.#piece.subarray(0, this.#filled), place);
    this.#filled = 0;
    for (let at = 0; at < sealed.length; ) at += (await this.handle.write(sealed, at)).bytesWritten;
  }
}

export interface SealedFile {
  readonly path: string;
  readonly id: string;
  /** Of the content. */
  readonly bytes: number;
}

/** A range of a sealed file, read as its reader asks. Throws what the file system throws, and SealError. */
export async function* readSealedFile(
  { path, id, bytes }: SealedFile,
  seal: Seal,
  { start, end }: ByteRange,
): AsyncGenerator<Uint8Array> {
  const handle = await open(path, "r");
  try {
    const last = Math.max(0, Math.ceil(bytes / PIECE_BYTES) - 1);
    const until = Math.min(last, Math.floor((end - 1) / PIECE_BYTES));
    for (let piece = Math.floor(start / PIECE_BYTES); piece <= until; piece += READ_PIECES) {
      const count = Math.min(READ_PIECES, until - piece + 1);
      const sealed = Buffer.allocUnsafeSlow(count * SEALED_BYTES);
      const { bytesRead } = await handle.read(sealed, 0, sealed.length, piece * SEALED_BYTES);
      const opened: Uint8Array[] = [];
      for (let index = 0; index < count; index++) {
        const number = piece + index;
        const from = index * SEALED_BYTES;
        const content = seal.open(
          sealed.subarray(from, Math.min(from + SEALED_BYTES, bytesRead)),
          placeOf(id, number, number === last),
        );
        const base = number * PIECE_BYTES;
        opened.push(content.subarray(Math.max(0, start - base), Math.max(0, end - base)));
      }
      yield Buffer.concat(opened);
    }
  } finally {
    await handle.close();
  }
}
