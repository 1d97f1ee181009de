import { describe, expect, test } from "bun:test";
import { endOfTurn, Microbatch } from "../../src/lib/microbatch.ts";

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe("a microbatch", () => {
  /** One that has just seen many in a turn, and what it has worked on since. */
  async function busyBatch(): Promise<{ batch: Microbatch<string>; done: string[] }> {
    const done: string[] = [];
    const batch: Microbatch<string> = new Microbatch((item) => {
      done.push(item);
      if (item.length === 1 && item < "c") batch.add(`${item} again`);
    });
    for (let index = 0; index < 10; index++) batch.add("many");
    await nextTurn();
    done.length = 0;
    return { batch, done };
  }

  test("does the work at once while few come", async () => {
    const done: string[] = [];
    const batch = new Microbatch<string>((item) => done.push(item));
    for (const item of ["a", "b", "c"]) {
      batch.add(item);
      expect(done.at(-1)).toBe(item);
      await nextTurn();
    }
    expect(done).toEqual(["a", "b", "c"]);
  });

  test("does all the work of a turn in a row, in its order, when many came in the turn before", async () => {
    const { batch, done } = await busyBatch();
    batch.add("x");
    await Promise.resolve();
    batch.add("y");
    expect(done).toEqual([]);
    await nextTurn();
    expect(done).toEqual(["x", "y"]);
  });

  test("loses nothing of what its own work adds, and stays in order", async () => {
    const { batch, done } = await busyBatch();
    for (const item of ["a", "b", "c", "d"]) batch.add(item);
    await nextTurn();
    await nextTurn();
    expect(done).toEqual(["a", "b", "c", "d", "a again", "b again"]);
  });

  test("does the work at once again when it has become quiet", async () => {
    const { batch, done } = await busyBatch();
    batch.add("x");
    await nextTurn();
    batch.add("y");
    expect(done).toEqual(["x", "y"]);
  });
});

test("those who wait for the end of a turn go on together when they are many", async () => {
  const seen: string[] = [];
  const one = async (name: string) => {
    seen.push(`${name} comes`);
    await endOfTurn();
    seen.push(`${name} goes on`);
  };
  await Promise.all(Array.from({ length: 10 }, endOfTurn));
  await nextTurn();
  await Promise.all(Array.from({ length: 10 }, endOfTurn));
  await Promise.all([one("a"), one("b"), one("c")]);
  expect(seen).toEqual(["a comes", "b comes", "c comes", "a goes on", "b goes on", "c goes on"]);
});
