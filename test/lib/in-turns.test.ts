import { expect, test } from "bun:test";
import { inTurns } from "../../src/lib/in-turns.ts";

test("items come in their order, and other work gets in between each two of them", async () => {
  const seen: string[] = [];
  const items = inTurns(["a", "b", "c"]).map((item) => item.then((value) => seen.push(value)));
  const others = (async () => {
    for (const name of ["1", "2", "3"]) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(name);
    }
  })();
  await Promise.all([...items, others]);
  expect(seen.filter((name) => name >= "a")).toEqual(["a", "b", "c"]);
  expect(seen.indexOf("1")).toBeLessThan(seen.indexOf("b"));
  expect(seen.indexOf("2")).toBeLessThan(seen.indexOf("c"));
});

test("so many at once in one turn", async () => {
  let turn = 0;
  const turns = Promise.all(inTurns(["a", "b", "c", "d", "e"], 2).map((item) => item.then(() => turn)));
  const count = () => {
    turn++;
    if (turn < 5) setImmediate(count);
  };
  setImmediate(count);
  const [a, b, c, d, e] = await turns;
  expect([b, d]).toEqual([a, c]);
  expect(a).toBeLessThan(c!);
  expect(c).toBeLessThan(e!);
});

test("an empty list has no turns", () => {
  expect(inTurns([])).toEqual([]);
});
