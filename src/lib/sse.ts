import { concat, latin1 } from "./bytes.ts";

/**
 * Server-sent events at byte level: cuts what the network brings into whole frames (a frame ends with an empty line), so that
 * a relay never splits one, can put its own frames between them, and knows a half frame at the end for what it is.
 */
export class SseFramer {
  #carry: Uint8Array[] = [];
  #carried = 0;

  /** Bytes of an unfinished frame. */
  get pending(): number {
    return this.#carried;
  }

  /** Takes one network chunk; returns all whole frames so far as one block, or null while a frame is still open. */
  push(chunk: Uint8Array): Uint8Array | null {
    const end = endOfLastFrame(chunk, this.#carried === 0 ? null : this.#carry);
    if (end === 0) {
      if (chunk.length > 0) {
        this.#carry.push(chunk);
        this.#carried += chunk.length;
      }
      return null;
    }
    if (this.#carried === 0 && end === chunk.length) return chunk;
    const whole = end === chunk.length ? chunk : chunk.subarray(0, end);
    const block = this.#carried === 0 ? whole : concat([...this.#carry, whole]);
    this.#carry = end === chunk.length ? [] : [chunk.subarray(end)];
    this.#carried = chunk.length - end;
    return block;
  }

  /** What is left when the stream ends: a frame without its empty line, or null. */
  rest(): Uint8Array | null {
    return this.#carried === 0 ? null : concat(this.#carry);
  }
}

/** A frame inside a block of latin1 text: [start, end) with its empty line. */
export interface Frame {
  readonly start: number;
  readonly end: number;
}

const BOUNDARY = /\r\n\r\n|\n\n|\r\r|\n\r\n/g;

export function splitFrames(text: string): Frame[] {
  const first = text.indexOf("\n\n");
  if (first === text.length - 2 && text.indexOf("\r") < 0) return [{ start: 0, end: text.length }];
  const frames: Frame[] = [];
  let start = 0;
  BOUNDARY.lastIndex = 0;
  for (let found = BOUNDARY.exec(text); found !== null; found = BOUNDARY.exec(text)) {
    frames.push({ start, end: BOUNDARY.lastIndex });
    start = BOUNDARY.lastIndex;
  }
  if (start < text.length) frames.push({ start, end: text.length });
  return frames;
}

/** The frame's data (its `data:` lines joined), or null for a frame that has none: a comment, an id. */
export function frameData(text: string, frame: Frame): string | null {
  const start = startOfSoleData(text, frame);
  if (start > 0) {
    const data = text.slice(start, frame.end - 2);
    if (!data.includes("\r")) return data;
  }
  let data: string | null = null;
  for (const line of lines(text, frame)) {
    if (!line.startsWith("data")) continue;
    const value = fieldValue(line, "data");
    if (value !== null) data = data === null ? value : `${data}\n${value}`;
  }
  return data;
}

/**
 * The common cases: one data line that ends in LF LF, alone or behind one event line. Where its value begins; 0 for all other frames.
 */
function startOfSoleData(text: string, { start, end }: Frame): number {
  let line = start;
  if (text.startsWith("event: ", line)) {
    line = text.indexOf("\n", line) + 1;
    if (line === 0 || text.charCodeAt(line - 2) === 13) return 0;
  }
  return text.startsWith("data: ", line) && text.indexOf("\n", line) === end - 2 ? line + 6 : 0;
}

/** The frame's event name, or null. */
export function frameEvent(text: string, frame: Frame): string | null {
  const data = startOfSoleData(text, frame);
  if (data > 0 && !text.slice(frame.start, frame.end).includes("\r")) {
    return data === frame.start + 6 ? null : text.slice(frame.start + 7, data - 7);
  }
  let name: string | null = null;
  for (const line of lines(text, frame)) name = fieldValue(line, "event") ?? name;
  return name;
}

function lines(text: string, frame: Frame): string[] {
  const body = text.slice(text.startsWith("ï»¿", frame.start) ? frame.start + 3 : frame.start, frame.end);
  return body.split(/\r\n|\n|\r/);
}

function fieldValue(line: string, name: string): string | null {
  if (line === name) return "";
  if (!line.startsWith(`${name}:`)) return null;
  const value = line.slice(name.length + 1);
  return value.startsWith(" ") ? value.slice(1) : value;
}

/** Position behind the last empty line of `chunk`, 0 when it holds none. `carry` decides about an empty line cut in two. */
function endOfLastFrame(chunk: Uint8Array, carry: readonly Uint8Array[] | null): number {
  const last = chunk.length - 1;
  if (last >= 1 && chunk[last] === 10 && (chunk[last - 1] === 10 || endsWithBlankCrlf(chunk, last)))
    return chunk.length;
  const text = latin1(chunk);
  let end = 0;
  BOUNDARY.lastIndex = 0;
  for (let found = BOUNDARY.exec(text); found !== null; found = BOUNDARY.exec(text)) end = BOUNDARY.lastIndex;
  if (end > 0 || carry === null) return end;
  const before = tail(carry, 3);
  const joined = before + text.slice(0, 3);
  BOUNDARY.lastIndex = 0;
  const found = BOUNDARY.exec(joined);
  return found === null ? 0 : Math.max(0, BOUNDARY.lastIndex - before.length);
}

function endsWithBlankCrlf(chunk: Uint8Array, last: number): boolean {
  return last >= 2 && chunk[last - 1] === 13 && chunk[last - 2] === 10;
}

function tail(parts: readonly Uint8Array[], count: number): string {
  let text = "";
  for (let index = parts.length - 1; index >= 0 && text.length < count; index--) {
    const part = parts[index]!;
    text = latin1(part, Math.max(0, part.length - (count - text.length))) + text;
  }
  return text;
}
