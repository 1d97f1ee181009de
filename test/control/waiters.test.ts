import { expect, test } from "bun:test";
import { Waiters } from "../../src/control/waiters.ts";

const NEVER = new AbortController().signal;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("many who wait are woken in turns, so that other work gets in between", async () => {
  const waiters = new Waiters();
  let woken = 0;
  const all = Array.from({ length: 40 }, () => waiters.wait(NEVER).then(() => void woken++));
  waiters.wake();
  await Promise.resolve();
  expect(woken).toBeLessThanOrEqual(16);
  await turn();
  expect(woken).toBeLessThan(40);
  await Promise.all(all);
});

test("who comes after it has happened waits for the next time, and who leaves is not held", async () => {
  const waiters = new Waiters();
  waiters.wake();
  let isWoken = false;
  const late = waiters.wait(NEVER).then(() => {
    isWoken = true;
  });
  const leave = new AbortController();
  const leaving = waiters.wait(leave.signal);
  leave.abort();
  await leaving;
  await waiters.wait(leave.signal);
  await turn();
  expect(isWoken).toBe(false);
  waiters.wake();
  await late;
});
