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

test("an empty list has no turns", () => {
  expect(inTurns([])).toEqual([]);
});
