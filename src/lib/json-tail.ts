const { copy, lastIndexOf } = Buffer.prototype;

const OPEN_BRACE = 123;
const BACKSLASH = 92;
/** Fields behind the one that is looked for make the end longer; beyond this the whole text is read as quickly. */
const LONGEST_END = 4096;

/** An end with an opening brace before it is put together here: joining two texts costs as much as reading one. */
const joined = Buffer.allocUnsafeSlow(LONGEST_END + 1);
joined[0] = OPEN_BRACE;

/** The fields with which a JSON object ends, from the last one of this name on. */
export class JsonTail {
  readonly #name: string;
  /** With its quotes. */
  readonly #key: Buffer;

  constructor(name: string) {
    this.#name = name;
    this.#key = Buffer.from(`"${name}"`);
  }

  /**
   * What JSON.parse of the whole text (an object, as UTF-8) would give for this field, told from its end alone; undefined when that
   * cannot be told. An answer's usage stands behind all the rest, and the rest may be long.
   *
   * The quote before the name is not escaped, so it opens a string. That it is the object's own field, and none of an object within
   * it, shows when it and all behind it are an object once an opening brace stands before them: then the last brace of the text closes
   * what the field stands in. It is the last one of this name, the one that counts. Whether the text before it is JSON is not looked at.
   */
  read(bytes: Uint8Array): unknown {
    const at = lastIndexOf.call(bytes, this.#key);
    if (at <= 0 || bytes.length - at > LONGEST_END || bytes[0] !== OPEN_BRACE) return undefined;
    if (bytes[at - 1] === BACKSLASH) return undefined;
    try {
      const length = 1 + copy.call(bytes, joined, 1, at);
      const end = JSON.parse(joined.toString("utf8", 0, length)) as Record<string, unknown>;
      return end[this.#name];
    } catch {
      return undefined;
    }
  }
}
