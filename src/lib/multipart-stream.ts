import { MultipartScanError } from "./multipart-scan.ts";

/** Of a part, as its headers say. */
export interface PartHead {
  readonly name: string;
  /** Null: a field, not a file. */
  readonly filename: string | null;
  readonly contentType: string | null;
}

export type PartEvent =
  | { readonly kind: "head"; readonly head: PartHead }
  /** A view of what was fed. */
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "end" };

const MOST_HEADER_BYTES = 8192;

/**
 * Takes a form apart while it comes in, whatever its pieces: parts of any size pass through, no more than a boundary or one part's
 * headers is held (RFC 7578, RFC 2046).
 */
export class MultipartStream {
  readonly #mark: Buffer;
  /** What has not been looked at. The line break lets a mark at the very start be found. */
  #rest: Buffer = Buffer.from("\r\n");
  #state: "preamble" | "headers" | "content" | "over" = "preamble";
  /** An empty part's end may share its line break with the headers' end; else these bytes are no content. */
  #lead = 0;

  constructor(boundary: string) {
    this.#mark = Buffer.from(`\r\n--${boundary}`);
  }

  /** The mark behind the last part has passed. */
  get isOver(): boolean {
    return this.#state === "over";
  }

  /** Throws MultipartScanError. */
  *feed(chunk: Uint8Array): Generator<PartEvent> {
    const view = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    this.#rest = this.#rest.length === 0 ? view : Buffer.concat([this.#rest, view]);
    for (;;) {
      switch (this.#state) {
        case "over":
          this.#rest = EMPTY;
          return;
        case "headers": {
          const end = this.#rest.indexOf("\r\n\r\n");
          if (end < 0 ? this.#rest.length > MOST_HEADER_BYTES : end > MOST_HEADER_BYTES) {
            throw new MultipartScanError("a part of the form has too long headers");
          }
          if (end < 0) return;
          const head = readHead(this.#rest.toString("utf8", 0, end));
          this.#rest = this.#rest.subarray(end + 2);
          this.#state = "content";
          this.#lead = 2;
          yield { kind: "head", head };
          continue;
        }
        default: {
          const at = this.#rest.indexOf(this.#mark);
          const behind = at + this.#mark.length;
          if (at < 0 || this.#rest.length < behind + 2) {
            yield* this.#pass(at < 0 ? Math.max(0, this.#rest.length - this.#mark.length + 1) : at);
            return;
          }
          const next = this.#rest.toString("latin1", behind, behind + 2);
          if (next !== "\r\n" && next !== "--") {
            if (/^[ \t]/.test(next)) throw new MultipartScanError("a boundary is followed by white space");
            yield* this.#pass(behind); // text that only looks like a mark
            continue;
          }
          yield* this.#pass(at);
          if (this.#state === "content") yield { kind: "end" };
          this.#rest = this.#rest.subarray(this.#mark.length);
          this.#state = next === "--" ? "over" : "headers";
        }
      }
    }
  }

  #pass(count: number): PartEvent[] {
    const bytes = this.#rest.subarray(Math.min(this.#lead, count), count);
    this.#lead -= Math.min(this.#lead, count);
    this.#rest = this.#rest.subarray(count);
    return this.#state === "content" && bytes.length > 0 ? [{ kind: "data", bytes }] : [];
  }
}

const EMPTY = Buffer.alloc(0);

function readHead(text: string): PartHead {
  const disposition = /^content-disposition:([^\r\n]*)/im.exec(text)?.[1] ?? "";
  const name = parameter(disposition, "name");
  if (name === null) throw new MultipartScanError("a part of the form has no name");
  const contentType = /^content-type:([^\r\n]*)/im.exec(text)?.[1]?.trim() ?? null;
  return { name, filename: parameter(disposition, "filename"), contentType };
}

/** Browsers write quotes and line breaks as %22, %0D, %0A; older clients put a backslash before quotes. */
function parameter(disposition: string, name: string): string | null {
  const found = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s"]+))`, "i").exec(disposition);
  if (found === null) return null;
  if (found[1] === undefined) return found[2]!;
  return found[1]
    .replace(/\\(["\\])/g, "$1")
    .replaceAll("%22", '"')
    .replace(/%0[DA]/gi, " ");
}
