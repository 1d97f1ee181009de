/** Byte work of the hot path. `latin1` text has one character per byte, so positions in it are byte positions. */

const slice = Buffer.prototype.latin1Slice;
const encoder = new TextEncoder();

/** 0.2 µs for a stream chunk: cheaper than a Buffer view and its search methods. */
export function latin1(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  return slice.call(bytes, start, end);
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** Reads latin1 text that holds UTF-8 bytes. */
export function decodeLatin1(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}

export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/** Replaces ranges; `edits` ordered and disjoint. Returns `bytes` itself when there is nothing to do. */
export function splice(bytes: Uint8Array, edits: readonly Splice[]): Uint8Array {
  if (edits.length === 0) return bytes;
  let length = bytes.length;
  for (const edit of edits) length += edit.bytes.length - (edit.end - edit.start);
  const result = new Uint8Array(length);
  let from = 0;
  let to = 0;
  for (const edit of edits) {
    result.set(bytes.subarray(from, edit.start), to);
    to += edit.start - from;
    result.set(edit.bytes, to);
    to += edit.bytes.length;
    from = edit.end;
  }
  result.set(bytes.subarray(from), to);
  return result;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  let length = 0;
  for (const part of parts) length += part.length;
  const result = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** The part of a stream reader that is used here; Bun's and Node's type names for it disagree. */
export interface ByteReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  /** Everything that has come; waits only when nothing has. Bun's own: chunks that came together cost one turn. */
  readMany(): Promise<ManyChunks> | ManyChunks;
  cancel(): Promise<unknown>;
}

export interface ManyChunks {
  readonly done: boolean;
  readonly value: readonly Uint8Array[];
}

export function readerOf(stream: ReadableStream<Uint8Array>): ByteReader {
  return stream.getReader() as unknown as ByteReader;
}
