import { UsageCell } from "./usage-cell.ts";
import { type GroupLines, LEFT_OUT } from "./usage-lines.ts";

const NOWHERE: readonly UsageCell[] = [];
/** Lists of tags are few, whatever the number of keys; if they are not, cells of their own would fill the memory. */
const MOST_SETS = 256;

/** What counts in these lines, and in no other that is shown. */
interface LineSet {
  readonly places: readonly number[];
  readonly cell: UsageCell;
}

/**
 * The cells of one bucket of a chart. What counts in several of its lines is gathered by the set of them and given to each when the
 * bucket is whole: so a cell of the roll-ups is read into one of ours, and the disjoint ones add up to what all lines together hold,
 * nothing twice.
 */
export class BucketCells {
  /** Whether there are groups that count in none of the lines. */
  readonly hasOthers: boolean;
  /** Together: what counts in at least one line. */
  readonly disjoint: readonly UsageCell[];
  readonly #lines: readonly UsageCell[];
  readonly #sets = new Map<string, LineSet>();
  /** Of sets beyond the most: what counts in them by line, and once. */
  readonly #beyond: readonly UsageCell[];
  readonly #beyondOnce = new UsageCell();
  /** By the number of a group's kind. */
  readonly #ofKinds: readonly (readonly UsageCell[])[];

  /** `chosen`: the lines' numbers, in their order. */
  constructor(lines: GroupLines, chosen: readonly number[]) {
    const places = new Map(chosen.map((line, at) => [line, at]));
    this.#lines = chosen.map(() => new UsageCell());
    this.#beyond = lines.overlap ? chosen.map(() => new UsageCell()) : [];
    this.#ofKinds = lines.kinds.map((kind) => this.#cellsOf(kind.flatMap((line) => places.get(line) ?? [])));
    this.hasOthers = this.#ofKinds.some((cells) => cells.length === 0);
    this.disjoint = lines.overlap
      ? [...this.#lines, ...Array.from(this.#sets.values(), ({ cell }) => cell), this.#beyondOnce]
      : this.#lines;
  }

  /** Where the groups of a kind go; those that count in no line go to `others`. */
  of(kind: number, others: readonly UsageCell[]): readonly UsageCell[] {
    if (kind === LEFT_OUT) return NOWHERE;
    const cells = this.#ofKinds[kind];
    return cells === undefined || cells.length === 0 ? others : cells;
  }

  clear(): void {
    for (const cell of this.disjoint) cell.clear();
    for (const cell of this.#beyond) cell.clear();
  }

  /** The cells of the lines, whole. Afterwards the disjoint ones are disjoint no more. */
  lines(): readonly UsageCell[] {
    for (const { places, cell } of this.#sets.values()) {
      if (cell.requests > 0) for (const at of places) this.#lines[at]!.merge(cell);
    }
    for (const [at, cell] of this.#beyond.entries()) if (cell.requests > 0) this.#lines[at]!.merge(cell);
    return this.#lines;
  }

  #cellsOf(places: readonly number[]): readonly UsageCell[] {
    if (places.length < 2) return places.map((at) => this.#lines[at]!);
    const name = String(places);
    const known = this.#sets.get(name);
    if (known !== undefined) return [known.cell];
    if (this.#sets.size >= MOST_SETS) return [...places.map((at) => this.#beyond[at]!), this.#beyondOnce];
    const cell = new UsageCell();
    this.#sets.set(name, { places, cell });
    return [cell];
  }
}
