/**
 * Finds one text field in a multipart form while its bytes come in, whatever their pieces. Linear, and holds no more than one part's
 * headers: a form may be 32 MB of somebody's ill will (RFC 7578, RFC 2046).
 */
export interface FoundField {
  /** Latin1 of the value. */
  readonly value: string;
  /** Byte positions in the whole body. */
  readonly start: number;
  readonly end: number;
}

export class MultipartScanError extends Error {
  override readonly name = "MultipartScanError";
}

const MOST_HEADER_BYTES = 8192;
const MOST_VALUE_BYTES = 1024;

export class MultipartScan {
  readonly #mark: string;
  readonly #isWanted: RegExp;
  /** What has not been looked at yet; begins at `#base` of the body. The line break lets a mark at the very start be found. */
  #text = "\r\n";
  #base = -2;
  #state: "search" | "headers" | "value" = "search";

  /** `field` is a plain name. */
  constructor(boundary: string, field: string) {
    this.#mark = `\r\n--${boundary}`;
    this.#isWanted = new RegExp(`^content-disposition:[^\\r\\n]*[;\\s]name="?${field}"?\\s*(?:;|$)`, "im");
  }

  /** Takes latin1 of the next bytes; returns the wanted fields that end in them. Throws MultipartScanError. */
  feed(text: string): FoundField[] {
    this.#text += text;
    const found: FoundField[] = [];
    for (;;) {
      switch (this.#state) {
        case "search": {
          const at = this.#text.indexOf(this.#mark);
          const behind = at + this.#mark.length;
          if (at < 0) {
            this.#drop(Math.max(0, this.#text.length - this.#mark.length + 1));
            return found;
          }
          if (this.#text.length < behind + 2) {
            this.#drop(at);
            return found;
          }
          // Some servers skip white space behind a mark (RFC 2046 allows it); no client sends it, and it could hide a part from us.
          if (/[ \t]/.test(this.#text.charAt(behind))) {
            throw new MultipartScanError("a boundary is followed by white space");
          }
          // "--" ends the form; anything else but a line break is text that only looks like a mark.
          if (this.#text.startsWith("\r\n", behind)) this.#state = "headers";
          this.#drop(behind);
          continue;
        }
        case "headers": {
          const end = this.#text.indexOf("\r\n\r\n");
          if (end < 0 ? this.#text.length > MOST_HEADER_BYTES : end > MOST_HEADER_BYTES) {
            throw new MultipartScanError("a part of the form has too long headers");
          }
          if (end < 0) return found;
          this.#state = this.#isWanted.test(this.#text.slice(0, end)) ? "value" : "search";
          // An empty part's end shares its line break with the headers' end.
          this.#drop(this.#state === "value" ? end + 4 : end + 2);
          continue;
        }
        case "value": {
          // An empty value stands right before its mark.
          const end = this.#text.startsWith(this.#mark.slice(2)) ? 0 : this.#text.indexOf(this.#mark);
          if (end < 0 ? this.#text.length > MOST_VALUE_BYTES + this.#mark.length : end > MOST_VALUE_BYTES) {
            throw new MultipartScanError("the field is too long");
          }
          if (end < 0) return found;
          found.push({ value: this.#text.slice(0, end), start: this.#base, end: this.#base + end });
          this.#state = "search";
          this.#drop(end);
        }
      }
    }
  }

  #drop(count: number): void {
    this.#text = this.#text.slice(count);
    this.#base += count;
  }
}
