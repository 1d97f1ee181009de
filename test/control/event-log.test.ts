import { describe, expect, test } from "bun:test";
import { EventLog } from "../../src/control/event-log.ts";
import { pause, pullIterator } from "../../src/control/pull-iterator.ts";

const never = new AbortController().signal;

describe("an event log", () => {
  test("keeps the last events by number", () => {
    const log = new EventLog<string>(3);
    for (const event of ["a", "b", "c", "d"]) log.append(event);
    expect([log.get(1), log.get(2), log.get(4), log.get(5)]).toEqual([undefined, "b", "d", undefined]);
    expect([log.isGone(1), log.isGone(2)]).toEqual([true, false]);
  });

  test("resumes from a cursor while the event after it is kept", () => {
    const log = new EventLog<string>(2);
    const start = log.cursor(log.position);
    log.append("a");
    const afterA = log.cursor(log.position);
    log.append("b");
    expect(log.resume(start)).toEqual({ kind: "at", position: 0 });
    log.append("c");
    expect(log.resume(start)).toEqual({ kind: "lost", reason: "TOO_OLD" });
    expect(log.resume(afterA)).toEqual({ kind: "at", position: 1 });
  });

  test("knows cursors of another process, and nonsense, for what they are", () => {
    const log = new EventLog<string>(2);
    const other = new EventLog<string>(2);
    for (const cursor of [
      other.cursor(0),
      "",
      "x",
      log.cursor(1),
      log.cursor(Number.NaN),
      `${log.cursor(0)}0000000000000000`,
    ]) {
      expect(log.resume(cursor)).toEqual({ kind: "lost", reason: "RESTARTED" });
    }
  });

  test("wakes whoever waits, for an event and for an abort, and holds nobody after", async () => {
    const log = new EventLog<string>(2);
    const waiting = log.reached(0, never);
    log.append("a");
    await waiting;
    await log.reached(0, never);
    const leave = new AbortController();
    const leaving = log.reached(1, leave.signal);
    leave.abort();
    await leaving;
    await log.reached(1, leave.signal);
  });

  test("nobody resumes across a clearing", () => {
    const log = new EventLog<string>(4);
    log.append("a");
    const cursor = log.cursor(log.position);
    log.clear();
    expect(log.resume(cursor)).toEqual({ kind: "lost", reason: "TOO_OLD" });
  });
});

describe("a pulled iterator", () => {
  test("ends at once when it is returned in the middle of waiting", async () => {
    let ended = 0;
    const iterator = pullIterator(
      async (signal) => {
        await pause(60_000, signal);
        return signal.aborted ? null : "late";
      },
      { ended: never, onEnd: () => ended++ },
    );
    const pending = iterator.next();
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    await iterator.return?.();
    expect(ended).toBe(1);
  });

  test("ends with its owner, and never begins after it", async () => {
    const owner = new AbortController();
    const produce = async (signal: AbortSignal) => {
      await pause(60_000, signal);
      return null;
    };
    const running = pullIterator(produce, { ended: owner.signal });
    const pending = running.next();
    owner.abort();
    expect((await pending).done).toBe(true);
    expect((await pullIterator(produce, { ended: owner.signal }).next()).done).toBe(true);
  });

  test("passes an error on and is over then", async () => {
    let ended = 0;
    const failing = pullIterator<string>(() => Promise.reject(new Error("broken")), {
      ended: never,
      onEnd: () => ended++,
    });
    expect(await failing.next().catch((error) => error.message)).toBe("broken");
    expect((await failing.next()).done).toBe(true);
    expect(ended).toBe(1);
    const thrown = pullIterator<string>(async () => "x", { ended: never });
    expect(await thrown.throw?.(new Error("out")).catch((error) => error.message)).toBe("out");
    expect((await thrown.next()).done).toBe(true);
  });
});

test("many readers are woken in turns, all of them", async () => {
  const log = new EventLog<number>(4);
  const { signal } = new AbortController();
  let woken = 0;
  const readers = Array.from({ length: 100 }, () =>
    log.reached(0, signal).then(() => {
      woken++;
    }),
  );
  log.append(1);
  await Promise.resolve();
  await Promise.resolve();
  expect(woken).toBeGreaterThan(0);
  expect(woken).toBeLessThan(100);
  await Promise.all(readers);
  expect(woken).toBe(100);
});
