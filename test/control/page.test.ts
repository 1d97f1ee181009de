import { expect, test } from "bun:test";
import { type PageArgs, paginate } from "../../src/control/page.ts";
import { seededRandom } from "../support/random.ts";

interface Row {
  readonly id: string;
  readonly size: number;
}
const byPlace = (a: Row, b: Row) => a.size - b.size || (a.id < b.id ? -1 : 1);

test("any page of any order is a slice of the sorted rows", () => {
  const random = seededRandom(7);
  const below = (limit: number) => Math.floor(random() * limit);
  for (let round = 0; round < 300; round++) {
    const rows = Array.from({ length: below(500) }, (_, index) => ({ id: `r${1000 + index}`, size: below(20) }));
    const descending = random() < 0.5;
    const order = { name: "size", descending, key: ({ size }: Row) => size };
    const sorted = rows.toSorted(byPlace);
    const shown = descending ? sorted.toReversed() : sorted;
    const whole = paginate(rows, { first: 200 }, order);
    const cursorOf = (index: number) => whole.edges[index]?.cursor ?? null;
    const from = random() < 0.5 ? below(whole.edges.length) : null;
    const to = random() < 0.5 ? (from ?? 0) + below(100) : null;
    const limit = below(90);
    const after = from === null ? null : cursorOf(from);
    const before = to === null ? null : cursorOf(to);
    const args: PageArgs = { after, before, ...(random() < 0.5 ? { first: limit } : { last: limit }) };
    const within = shown.slice(
      after === null ? 0 : from! + 1,
      before === null ? shown.length : Math.max(to!, after === null ? 0 : from! + 1),
    );
    const expected = args.first == null ? within.slice(Math.max(0, within.length - limit)) : within.slice(0, limit);
    const page = paginate(rows, args, order);
    expect(page.edges.map(({ node }) => node)).toEqual(expected);
    expect(page.totalCount).toBe(rows.length);
  }
});
