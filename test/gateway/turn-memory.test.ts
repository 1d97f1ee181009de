import { describe, expect, test } from "bun:test";
import { TurnMemory } from "../../src/gateway/turn-memory.ts";
import type { RememberedTurn } from "../../src/llm/restore.ts";

const key = { providerId: "p1", keyId: "k1" };
const turn = (...ids: string[]): RememberedTurn => ({
  calls: ids.map((id) => ({ id, what: "f {}", reasoning: [], signature: { vendor: "gemini", value: `S-${id}` } })),
});
const long = (id: string, length: number): RememberedTurn => ({
  calls: [
    {
      id,
      what: "f {}",
      signature: null,
      reasoning: [
        {
          type: "reasoning",
          text: "x".repeat(length),
          signature: { vendor: "openai", value: "y".repeat(length) },
          redacted: false,
        },
      ],
    },
  ],
});

describe("the turn memory", () => {
  test("finds a turn by each of its calls, with the key that made it", () => {
    const memory = new TurnMemory();
    const both = turn("c1", "c2");
    memory.remember("alice", both, key);
    expect(memory.find("alice", "c1")).toMatchObject({ turn: both, binding: key });
    expect(memory.find("alice", "c2")?.turn).toBe(both);
    expect(memory.find("alice", "c3")).toBeNull();
    expect(memory.size).toBe(1);
  });

  test("tells nobody what another client's answer held", () => {
    const memory = new TurnMemory();
    memory.remember("alice", turn("c1"), key);
    memory.remember(null, turn("c2"), key);
    expect(memory.find("bob", "c1")).toBeNull();
    expect(memory.find(null, "c1")).toBeNull();
    expect(memory.find("alice", "c2")).toBeNull();
    expect(memory.find(null, "c2")).not.toBeNull();
  });

  test("an id that comes again stands for the newer turn, and the older one is gone whole", () => {
    const memory = new TurnMemory();
    memory.remember("a", turn("c1", "c2"), key);
    memory.remember("a", turn("c2", "c3"), { ...key, keyId: "k2" });
    expect(memory.find("a", "c1")).toBeNull();
    expect(memory.find("a", "c2")?.binding.keyId).toBe("k2");
    expect(memory.size).toBe(1);
  });

  test("forgets what was not asked for the longest", () => {
    const memory = new TurnMemory({ turns: 3, bytes: 1e9 });
    for (const id of ["c1", "c2", "c3"]) memory.remember("a", turn(id), key);
    memory.find("a", "c1");
    memory.remember("a", turn("c4"), key);
    expect(["c1", "c2", "c3", "c4"].map((id) => memory.find("a", id) !== null)).toEqual([true, false, true, true]);
    expect(memory.size).toBe(3);
  });

  test("stays within its bytes, whatever comes", () => {
    const memory = new TurnMemory({ turns: 1e6, bytes: 100_000 });
    for (let index = 0; index < 1000; index++) {
      memory.remember("a", long(`c${index}`, index % 2000), key);
      expect(memory.bytes).toBeLessThanOrEqual(100_000);
    }
    expect(memory.find("a", "c999")).not.toBeNull();
    expect(memory.find("a", "c0")).toBeNull();
  });

  test("does not give up everything for one huge turn", () => {
    const memory = new TurnMemory({ turns: 10, bytes: 100_000 });
    memory.remember("a", turn("c1"), key);
    const before = memory.bytes;
    memory.remember("a", long("huge", 10_000), key);
    expect(memory.find("a", "huge")).toBeNull();
    expect(memory.find("a", "c1")).not.toBeNull();
    expect(memory.bytes).toBe(before);
  });

  test("counts nothing twice: with everything forgotten no byte is left", () => {
    const memory = new TurnMemory({ turns: 1, bytes: 100_000 });
    memory.remember("a", turn("c1", "c1"), key);
    const one = memory.bytes;
    memory.remember("a", turn("c2", "c2"), key);
    memory.remember("a", turn("c1", "c1"), key);
    expect(memory.bytes).toBe(one);
    expect(memory.size).toBe(1);
  });
});
