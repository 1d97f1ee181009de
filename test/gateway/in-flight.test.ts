import { describe, expect, test } from "bun:test";
import type { Exchange } from "../../src/gateway/exchange.ts";
import { InFlight } from "../../src/gateway/in-flight.ts";

/** As much of a request as the list knows. */
class Running {
  place = -1;
  ticks = 0;
  readonly stopped: string[] = [];
  onTick = () => {};

  constructor(readonly id: string) {}

  tick(): void {
    this.ticks++;
    this.onTick();
  }

  stop(reason: string): void {
    this.stopped.push(reason);
  }

  view() {
    return { id: this.id };
  }
}

const asExchange = (running: Running) => running as unknown as Exchange;

function listOf(count: number) {
  const list = new InFlight();
  const all = Array.from({ length: count }, (_, index) => new Running(`req_${index}`));
  for (const each of all) list.add(asExchange(each));
  const remove = (...places: number[]) => {
    for (const place of places) list.remove(asExchange(all[place]!));
  };
  const ids = () => list.list().map(({ id }) => Number(id.slice(4)));
  return { list, all, remove, ids: () => ids().sort((a, b) => a - b) };
}

describe("the running requests", () => {
  test("are those that were added and not removed, whatever the order (2,000 random steps)", () => {
    const { list, all } = listOf(0);
    const wanted = new Set<Running>();
    let state = 7;
    const random = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((state / 2 ** 31) * below);
    };
    for (let step = 0; step < 2000; step++) {
      if (wanted.size === 0 || random(100) < 52) {
        const each = new Running(`req_${step}`);
        all.push(each);
        wanted.add(each);
        list.add(asExchange(each));
      } else {
        const each = [...wanted][random(wanted.size)]!;
        wanted.delete(each);
        list.remove(asExchange(each));
      }
      expect(list.size).toBe(wanted.size);
    }
    expect(
      list
        .list()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(Array.from(wanted, ({ id }) => id).sort());
    for (const each of wanted) list.remove(asExchange(each));
    expect(list.size).toBe(0);
  });

  test("do not mind who is removed twice, or was never there", () => {
    const { list, remove, ids } = listOf(3);
    remove(0, 0);
    list.remove(asExchange(new Running("req_9")));
    expect(ids()).toEqual([1, 2]);
  });

  test("are each looked at once in a turn, also when some end in it", async () => {
    const { list, all, remove, ids } = listOf(8);
    const turn = Promise.withResolvers<void>();
    all[6]!.onTick = () => remove(6);
    all[3]!.onTick = () => remove(3, 7, 5);
    all[0]!.onTick = () => turn.resolve(); // the first is the last one to be looked at
    await turn.promise;
    expect(all.map(({ ticks }) => ticks)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    expect(ids()).toEqual([0, 1, 2, 4]);
    list.cancelAll();
    expect(all.map(({ stopped }) => stopped.length)).toEqual([1, 1, 1, 0, 1, 0, 0, 0]);
    remove(0, 1, 2, 4);
  });

  test("are cancelled by id", () => {
    const { list, all, remove } = listOf(3);
    expect(list.cancel("req_1")).toBe(true);
    expect(list.cancel("req_9")).toBe(false);
    expect(all.map(({ stopped }) => stopped)).toEqual([[], ["cancelled"], []]);
    remove(0, 1, 2);
    expect(list.cancel("req_1")).toBe(false);
  });

  test("are waited for until the last one has ended", async () => {
    const { list, remove } = listOf(2);
    let isIdle = false;
    const idle = list.whenIdle().then(() => {
      isIdle = true;
    });
    remove(1);
    await Promise.resolve();
    expect(isIdle).toBe(false);
    remove(0);
    await idle;
    expect(isIdle).toBe(true);
    await list.whenIdle();
  });
});
