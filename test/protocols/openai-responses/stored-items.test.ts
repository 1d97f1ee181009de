import { describe, expect, test } from "bun:test";
import {
  asInput,
  inputItems,
  pageOfItems,
  referenceOf,
  responseOfItem,
  storedItems,
} from "../../../src/protocols/openai-responses/stored-items.ts";

const SUFFIX = "01a1ff27-eb1e-784f-9703-f68239a06ff0";

describe("items are stored", () => {
  test("with ids, their short forms written out", () => {
    const items = [
      { role: "user", content: "hi" },
      { role: "assistant", content: "ho" },
      { type: "message", role: "user", id: "msg_own", content: [{ type: "input_text", text: "x" }] },
      { type: "function_call_output", call_id: "c1", output: "18" },
      { type: "reasoning", summary: [], encrypted_content: "e" },
      { type: "web_search_call" },
    ];
    expect(storedItems(items, SUFFIX)).toEqual([
      {
        id: `msg_${SUFFIX}_in0`,
        type: "message",
        status: "completed",
        role: "user",
        content: [{ type: "input_text", text: "hi" }],
      },
      {
        id: `msg_${SUFFIX}_in1`,
        type: "message",
        status: "completed",
        role: "assistant",
        content: [{ type: "output_text", text: "ho", annotations: [], logprobs: [] }],
      },
      { ...items[2]!, status: "completed" },
      { ...items[3]!, id: `fco_${SUFFIX}_in3`, status: "completed" },
      { ...items[4]!, id: `rs_${SUFFIX}_in4` },
      { ...items[5]!, id: `item_${SUFFIX}_in5` },
    ]);
  });

  test("under ids that tell their response", () => {
    for (const id of [`msg_${SUFFIX}_0`, `fc_${SUFFIX}_12`, `fco_${SUFFIX}_in3`]) {
      expect(responseOfItem(id)).toBe(`resp_${SUFFIX}`);
    }
    for (const id of ["msg_1", `msg_${SUFFIX}`, "rs_0abc", `resp_${SUFFIX}`, ""]) expect(responseOfItem(id)).toBeNull();
  });
});

test("references are told from items that say something", () => {
  expect(["a", null, 1, [], {}].map(referenceOf)).toEqual([null, null, null, null, null]);
  expect(referenceOf({ type: "item_reference", id: "a" })).toBe("a");
  expect(referenceOf({ id: "a" })).toBe("a");
  expect(referenceOf({ id: "a", role: "user", content: "x" })).toBeNull();
  expect(referenceOf({ id: "a", type: "reasoning", summary: [] })).toBeNull();
});

test("an item of the past has no id, but for thoughts", () => {
  expect(asInput({ id: "msg_1", type: "message", role: "user" })).toEqual({ type: "message", role: "user" });
  expect(asInput({ id: "rs_1", type: "reasoning" })).toEqual({ id: "rs_1", type: "reasoning" });
});

test("input is a list of items, however it was said", () => {
  expect([inputItems(undefined), inputItems("hi")]).toEqual([[], [{ role: "user", content: "hi" }]]);
  expect(() => inputItems({})).toThrow("`input` must be a string or an array");
});

describe("a listing", () => {
  const items = Array.from({ length: 25 }, (_, index) => ({ id: `i${index}` }));
  const page = (query: string) => pageOfItems(items, query) as { data: { id: string }[] };

  test("is newest first, twenty at a time, in pages that join", () => {
    const first = page("");
    expect(first).toMatchObject({ object: "list", first_id: "i24", last_id: "i5", has_more: true });
    expect(page("?after=i5")).toMatchObject({ first_id: "i4", last_id: "i0", has_more: false });
    const all: string[] = [];
    for (let after = ""; ; ) {
      const { data } = page(`?order=asc&limit=4${after}`);
      if (data.length === 0) break;
      all.push(...data.map(({ id }) => id));
      after = `&after=${data.at(-1)!.id}`;
    }
    expect(all).toEqual(items.map(({ id }) => id));
  });

  test("may be empty", () => {
    expect(pageOfItems([], "")).toEqual({ object: "list", data: [], first_id: null, last_id: null, has_more: false });
  });
});
