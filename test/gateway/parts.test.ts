import { describe, expect, test } from "bun:test";
import { BoundIds } from "../../src/gateway/bound-ids.ts";
import { GeminiArray } from "../../src/gateway/gemini-array.ts";
import { Origins } from "../../src/gateway/origins.ts";
import { printable } from "../../src/gateway/printable.ts";
import { Quirks } from "../../src/gateway/quirks.ts";
import type { ProviderEntry } from "../../src/snapshot.ts";
import { FakeVendor } from "../support/fake-vendor.ts";

describe("bound ids", () => {
  const binding = { providerId: "prv_1", keyId: "pky_1" };
  test("lead to the key that made them, the latest word counts", () => {
    const ids = new BoundIds();
    ids.remember(["a", "b"], binding);
    ids.remember(["a"], { ...binding, keyId: "pky_2" });
    expect([ids.find("a")?.keyId, ids.find("b")?.keyId, ids.find("c")]).toEqual(["pky_2", "pky_1", null]);
    expect(ids.size).toBe(2);
  });

  test("are bounded: the oldest are forgotten, one that was named again is not old", () => {
    const ids = new BoundIds();
    ids.remember(["first", "second"], binding);
    ids.remember(
      Array.from({ length: 49_998 }, (_, index) => `id${index}`),
      binding,
    );
    ids.remember(["first"], binding);
    ids.remember(["one more"], binding);
    expect(ids.size).toBe(50_000);
    expect(ids.find("second")).toBeNull();
    expect(ids.find("first")).toEqual(binding);
  });
});

describe("Gemini's array", () => {
  const write = (array: GeminiArray, text: string) => Buffer.from(array.write(Buffer.from(text))).toString();
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

  test("is made of the events' data, whatever stands around it", () => {
    const array = new GeminiArray();
    const out =
      write(array, 'data: {"a":"Grüße 🦊"}\n\n: comment\n\n') +
      text(array.ping()) +
      write(array, 'id: 1\r\ndata: {"b":2}\r\n\r\ndata: {"c":3}\r\n\r\n') +
      text(array.end());
    expect(JSON.parse(out)).toEqual([{ a: "Grüße 🦊" }, { b: 2 }, { c: 3 }]);
  });

  test("without elements is an array all the same, signs of life included", () => {
    const array = new GeminiArray();
    expect(JSON.parse(text(array.ping()) + text(array.ping()) + text(array.end()))).toEqual([]);
  });

  test("may end in an error", () => {
    expect(JSON.parse(new GeminiArray().error('{"error":{"code":500}}'))).toEqual([{ error: { code: 500 } }]);
    const array = new GeminiArray();
    expect(JSON.parse(write(array, 'data: {"a":1}\n\n') + array.error('{"error":{}}'))).toHaveLength(2);
  });
});

describe("an origin", () => {
  test("that was not seen lately is tried with a connect first; then it is trusted for a while", async () => {
    const vendor = await FakeVendor.start();
    const origins = new Origins();
    const nowMs = Date.now();
    const tries = [origins.reach(vendor.origin, 1000, nowMs), origins.reach(vendor.origin, 1000, nowMs)];
    expect(tries[0]).toBe(tries[1]!); // parallel requests share one
    expect(await tries[0]).toBe("connected");
    expect(origins.reach(vendor.origin, 1000, Date.now())).toBeNull();
    expect(origins.reach(vendor.origin, 1000, Date.now() + 31_000)).not.toBeNull();
    await vendor.close();
    expect(await origins.reach(vendor.origin, 1000, Date.now() + 31_000)).toBe("refused");
  });

  test("may have an idle connection only after it has answered", () => {
    const origins = new Origins();
    expect(origins.mayBeStale("http://a")).toBe(false);
    origins.answered("http://a", 1);
    expect([origins.mayBeStale("http://a"), origins.mayBeStale("http://b")]).toEqual([true, false]);
    expect(origins.reach("http://a", 1, 2)).toBeNull();
  });
});

test("a quirk is remembered for its provider only", () => {
  const quirks = new Quirks();
  const entry = (id: string) => ({ id, quirks: new Set(), ignoredQuirks: new Set() }) as unknown as ProviderEntry;
  const [one, other] = [entry("prv_1"), entry("prv_2")];
  expect(quirks.learn(one, "no_stream_options", "words")).toBe(true);
  expect(quirks.learn(one, "no_stream_options", "words")).toBe(false);
  expect([quirks.of(one).has("no_stream_options"), quirks.of(other).has("no_stream_options")]).toEqual([true, false]);
});

test.each([
  ["gpt-4.1", "gpt-4.1"],
  ["a\r\nb\u0000\u001b[31mc", "ab[31mc"],
  ["模型 é", "模型 é"],
  ["x".repeat(100), `${"x".repeat(80)}…`],
])("a client's text in an error message is short and on one line: %j", (text, expected) => {
  expect(printable(text)).toBe(expected);
});
