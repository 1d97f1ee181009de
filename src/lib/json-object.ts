import { isAscii } from "node:buffer";
import { decodeLatin1, latin1 } from "./bytes.ts";
import { type JsonObjectScan, JsonScanError, parseLatin1, scanJsonObject } from "./json-scan.ts";

/** Below this JSON.parse is cheaper than scanning (0.3 µs per KB), and checks the text completely. */
const PARSED_BELOW = 8192;
const { includes, indexOf } = Buffer.prototype;

/**
 * The top level of a JSON object whose bytes stay as they are. Short texts are parsed, long ones scanned (an agent's 100 KB of
 * escaped code would cost 130 µs to parse and 30 to scan); in a long text a bad escape inside a string shows only when that field is
 * read, else the upstream refuses it in its own words. `text` is
 * the bytes as latin1.
 */
export class JsonObject {
  #value: Readonly<Record<string, unknown>> | null = null;
  #scan: JsonObjectScan | null = null;

  private constructor(
    readonly text: string,
    private readonly bytes: Uint8Array,
    private readonly maxDepth: number,
  ) {}

  /** Throws JsonScanError. `bytes` is UTF-8. */
  static read(bytes: Uint8Array, maxDepth: number): JsonObject {
    const text = latin1(bytes);
    const object = new JsonObject(text, bytes, maxDepth);
    if (text.length > PARSED_BELOW) object.#scan = scanJsonObject(text, maxDepth);
    else object.#value = parse(text, isAscii(bytes) ? text : decodeLatin1(text), maxDepth);
    return object;
  }

  /** Where the fields stand. Throws JsonScanError for a field that stands twice: what we read and what the upstream reads must be one. */
  get scan(): JsonObjectScan {
    this.#scan ??= scanJsonObject(this.text, this.maxDepth);
    return this.#scan;
  }

  /** Whether this stands anywhere in it. */
  includes(part: string): boolean {
    return includes.call(this.bytes, parts.of(part));
  }

  has(name: string): boolean {
    return this.#value !== null ? Object.hasOwn(this.#value, name) : this.#scan!.fields.has(name);
  }

  /** The field's value; undefined when it is not there. Throws SyntaxError on a bad string in a long text. */
  get(name: string): unknown {
    if (this.#value !== null) return Object.hasOwn(this.#value, name) ? this.#value[name] : undefined;
    const field = this.#scan!.fields.get(name);
    return field === undefined ? undefined : parseLatin1(this.text.slice(field.valueStart, field.valueEnd));
  }

  /**
   * The value of a field that routing depends on. It must stand once: parsing keeps the last of two, an upstream may keep the
   * first. Escaped spellings ("mod\u0065l") are a suspicion too; when in doubt the scan decides. Throws JsonScanError.
   */
  getOnce(name: string): unknown {
    if (this.#value !== null && (this.#standsTwice(name) || this.includes("\\u00"))) void this.scan;
    return this.get(name);
  }

  #standsTwice(name: string): boolean {
    const quoted = names.of(name);
    const first = indexOf.call(this.bytes, quoted);
    return first >= 0 && indexOf.call(this.bytes, quoted, first + 1) >= 0;
  }
}

/** What is looked for, as bytes: among bytes it is found in a third of the time. Only words of our own code, so they are few. */
class Needles {
  readonly #made = new Map<string, Buffer>();

  constructor(private readonly spell: (word: string) => string) {}

  of(word: string): Buffer {
    let needle = this.#made.get(word);
    if (needle === undefined) {
      needle = Buffer.from(this.spell(word));
      this.#made.set(word, needle);
    }
    return needle;
  }
}

const parts = new Needles((part) => part);
const names = new Needles((name) => `"${name}"`);

/** `text` is latin1 for the scan, `json` the same text decoded. */
function parse(text: string, json: string, maxDepth: number): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(json.charCodeAt(0) === 0xfeff ? json.slice(1) : json);
  } catch {
    scanJsonObject(text, maxDepth); // says where; throws unless the fault is inside a string
    throw new JsonScanError("syntax", "the body is not valid JSON: a string holds a bad escape or a control character");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new JsonScanError("not_object", "the body is not a JSON object");
  }
  if (hasMoreContainers(text, maxDepth) && isDeeper(value, maxDepth)) {
    throw new JsonScanError("depth", `the body is nested deeper than ${maxDepth} levels`);
  }
  return value as Record<string, unknown>;
}

/** Fewer brackets than levels cannot nest too deep: the common case, found without walking the value. */
function hasMoreContainers(text: string, limit: number): boolean {
  let count = 0;
  for (let at = text.indexOf("{"); at >= 0 && count <= limit; at = text.indexOf("{", at + 1)) count++;
  for (let at = text.indexOf("["); at >= 0 && count <= limit; at = text.indexOf("[", at + 1)) count++;
  return count > limit;
}

function isDeeper(value: object, levels: number): boolean {
  if (levels === 0) return true;
  for (const key in value) {
    const child = (value as Record<string, unknown>)[key];
    if (typeof child === "object" && child !== null && isDeeper(child, levels - 1)) return true;
  }
  return false;
}
