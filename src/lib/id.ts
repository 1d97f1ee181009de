/**
 * Identifiers: a typed prefix and a UUIDv7 ("prv_0199…"). The same string stands in URLs, logs, GraphQL and `x-request-id`.
 *
 * Request ids carry their own address in the log: the day (from the 48-bit time), and inside the day the row
 * `msOfDay · 2^24 + counter`, so that a request is found by its id without an index (RFC 9562, method 1: a counter in the
 * bits after the time).
 */
export type IdPrefix =
  | "prv"
  | "pky"
  | "cky"
  | "mdl"
  | "req"
  | "aud"
  | "usr"
  | "ses"
  | "tok"
  | "viw"
  | "evt"
  | "fil"
  | "job"
  | "alr"
  | "arl"
  | "ach"
  | "adl"
  | "cnv"
  | "msg";

const DAY_MS = 86_400_000;
const COUNTER_BITS = 24;
const COUNTER_SIZE = 2 ** COUNTER_BITS;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const REQUEST_ID = /^req_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

let counter = crypto.getRandomValues(new Uint32Array(1))[0]! % COUNTER_SIZE;

/** 50 bits that tell this process from the others: random at start, the same for every id it makes. */
const node = (() => {
  const bytes = crypto.getRandomValues(new Uint8Array(7));
  bytes[0]! &= 0b11;
  return Array.from(bytes, (byte) => hex[byte]).join("");
})();
const nodeTop = Number.parseInt(node.slice(0, 2), 16);
const nodeRest = node.slice(2);

/** A fresh id. `nowMs` is the instant it carries (Unix milliseconds; a fraction is cut off). */
export function newId(prefix: IdPrefix, nowMs: number = Date.now()): string {
  counter = counter + 1 === COUNTER_SIZE ? 0 : counter + 1;
  return `${prefix}_${formatUuid(Math.floor(nowMs), counter, nodeTop, nodeRest)}`;
}

/** Where a request stands in the log. */
export interface RequestPlace {
  /** Unix days, UTC. */
  readonly day: number;
  /** Inside that day, ascending with time: see `rowAt`. */
  readonly row: number;
}

/** The place that a request id stands for; null when it is not a request id. */
export function locateRequest(id: string): RequestPlace | null {
  if (!REQUEST_ID.test(id)) return null;
  const ms = readHex(id, 4, 12) * 0x10000 + readHex(id, 13, 17);
  const count = readHex(id, 19, 22) * 4096 + ((readHex(id, 23, 27) >>> 2) & 0xfff);
  return { day: Math.floor(ms / DAY_MS), row: (ms % DAY_MS) * COUNTER_SIZE + count };
}

/** The process that made a request id: what `locateRequest` leaves out. */
export function nodeOfRequest(id: string): string {
  return (Number.parseInt(id.charAt(26), 16) & 0b11) + id.slice(28);
}

/** The id whose place and node these are. */
export function requestIdAt({ day, row }: RequestPlace, node: string): string {
  const ms = day * DAY_MS + Math.floor(row / COUNTER_SIZE);
  return `req_${formatUuid(ms, row % COUNTER_SIZE, Number(node.charAt(0)), node.slice(1))}`;
}

/** The first row of a millisecond inside its day. */
export function rowAt(msOfDay: number): number {
  return msOfDay * COUNTER_SIZE;
}

/** The millisecond of its day in which a row was received. */
export function msOfRow(row: number): number {
  return Math.floor(row / COUNTER_SIZE);
}

/** True when `id` has this prefix and a well-formed UUIDv7 behind it. */
export function isId(prefix: IdPrefix, id: string): boolean {
  return id.startsWith(`${prefix}_`) && UUID.test(id.slice(prefix.length + 1));
}

// xxxxxxxx-xxxx-7ccc-vccc-nnnnnnnnnnnn: 12 counter bits after the version; behind the two variant bits 12 more and 2 bits of
// the node id, hence the shift by two.
function formatUuid(ms: number, count: number, top: number, rest: string): string {
  if (ms !== lastMs) {
    const time = ms.toString(16).padStart(12, "0");
    lastMs = ms;
    lastTime = `${time.slice(0, 8)}-${time.slice(8)}-7`;
  }
  const tail = 0x8000 | ((count & 0xfff) << 2) | top;
  return `${lastTime}${hex[count >>> 20]!.charAt(1)}${hex[(count >>> 12) & 255]}-${hex[tail >>> 8]}${hex[tail & 255]}-${rest}`;
}

/** The time part of the last id: under load many ids fall into one millisecond. */
let lastMs = -1;
let lastTime = "";

/** Once per logged request: a third of the cost of slicing and parsing. At most 8 lower-case digits. */
function readHex(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    value = value * 16 + (code < 58 ? code - 48 : code - 87);
  }
  return value;
}
