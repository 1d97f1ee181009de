import { describe, expect, test } from "bun:test";
import { endOfTurn, Microbatch } from "../../src/lib/microbatch.ts";

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe("a microbatch", () => {
  test("does all the work of one turn in a row, in its order, when the turn is over", async () => {
    const done: string[] = [];
    const batch = new Microbatch<string>((item) => done.push(item));
    batch.add("a");
    await Promise.resolve();
    batch.add("b");
    expect(done).toEqual([]);
    await nextTurn();
    expect(done).toEqual(["a", "b"]);
  });

  test("leaves to the next turn what its own work adds", async () => {
    const done: number[] = [];
    const batch: Microbatch<number> = new Microbatch((item) => {
      done.push(item);
      if (item < 3) batch.add(item + 1);
    });
    batch.add(1);
    await nextTurn();
    expect(done).toEqual([1]);
    await nextTurn();
    await nextTurn();
    expect(done).toEqual([1, 2, 3]);
  });
});

test("whoever waits for the end of the turn goes on after everybody else of that turn has come", async () => {
  const seen: string[] = [];
  const one = async (name: string) => {
    seen.push(`${name} comes`);
    await endOfTurn();
    seen.push(`${name} goes on`);
  };
  await Promise.all([one("a"), one("b"), one("c")]);
  expect(seen).toEqual(["a comes", "b comes", "c comes", "a goes on", "b goes on", "c goes on"]);
});
