import type { Database } from "bun:sqlite";
import type { StoredRow } from "./log-row.ts";

/** Rows come in the order of time, so they share the bulk of a few batches. */
const KEPT = 4;

/** Blanks all but these parts of a text, which stay where they are. Nothing kept: an empty text. */
export function keepRanges(
  text: string,
  ranges: readonly { readonly start: number; readonly chars: number }[],
): string {
  let kept = "";
  for (const { start, chars } of ranges.toSorted((a, b) => a.start - b.start)) {
    if (chars > 0) kept = kept.padEnd(start, " ") + text.slice(start, start + chars);
  }
  return kept;
}

/** The bulky texts of a day's rows: compressed by batch, opened when a row needs its part. */
export class BulkTexts {
  readonly #opened = new Map<number, string>();

  constructor(private readonly database: Database) {}

  /** A text of this row, `offset` characters after the row's first; null has no text. */
  slice({ bulk, bulk_start }: StoredRow, offset: number, chars: number | null): string | null {
    if (chars === null) return null;
    if (bulk === null) return "";
    const start = bulk_start + offset;
    return this.#open(bulk).slice(start, start + chars);
  }

  #open(id: number): string {
    let texts = this.#opened.get(id);
    if (texts === undefined) {
      texts = this.#read(id);
      const [oldest] = this.#opened.keys();
      if (oldest !== undefined && this.#opened.size >= KEPT) this.#opened.delete(oldest);
      this.#opened.set(id, texts);
    }
    return texts;
  }

  #read(id: number): string {
    const found = this.database.query<{ texts: Uint8Array }, [number]>("SELECT texts FROM bulk WHERE id = ?").get(id);
    return found === null ? "" : Bun.zstdDecompressSync(found.texts).toString("utf8");
  }
}
