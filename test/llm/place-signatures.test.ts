import { describe, expect, test } from "bun:test";
import { type DraftMessage, type DraftPart, placeSignatures, readThoughts } from "../../src/llm/place-signatures.ts";
import type { OutputPart } from "../../src/llm/request.ts";
import type { CarriedSignature, SignaturePlace } from "../../src/llm/signature.ts";

const signature = { vendor: "gemini", value: "S" } as const;
const carry = (place: Exclude<SignaturePlace, "redacted">): DraftPart => ({ type: "carried", signature, place });
const text = (words: string) => ({ type: "text", text: words }) as const;
const call = (id: string) => ({ type: "tool_call", id, name: "f", arguments: "{}", signature: null }) as const;
const image = {
  type: "image",
  mediaType: "image/png",
  source: { kind: "data", base64: "AA==" },
  name: null,
  detail: null,
} as const;
const thought = { type: "reasoning", text: "t", signature: null, redacted: false } as const;
const empty = { ...text(""), signature };

describe("carried signatures", () => {
  const turns: [what: string, drafts: DraftPart[], parts: OutputPart[]][] = [
    ["none", [thought, text("a"), call("1")], [thought, text("a"), call("1")]],
    ["the next text's", [carry("next"), text("a"), text("b")], [{ ...text("a"), signature }, text("b")]],
    ["the next picture's", [carry("next"), image], [{ ...image, signature }]],
    [
      "the next text's, around a call's",
      [carry("next"), carry("call:1"), text("a"), call("1")],
      [
        { ...text("a"), signature },
        { ...call("1"), signature },
      ],
    ],
    ["a next one that is no text", [carry("next"), call("1")], [empty, call("1")]],
    ["a next one that is signed", [carry("next"), { ...text("a"), signature }], [empty, { ...text("a"), signature }]],
    ["a next one that never comes", [text("a"), carry("next")], [text("a"), empty]],
    ["two next ones", [carry("next"), carry("next"), text("a")], [empty, { ...text("a"), signature }]],
    ["the text's before", [text("a"), carry("previous"), text("b")], [{ ...text("a"), signature }, text("b")]],
    ["the picture's before", [image, carry("previous")], [{ ...image, signature }]],
    [
      "one before that is signed",
      [{ ...text("a"), signature }, carry("previous")],
      [{ ...text("a"), signature }, empty],
    ],
    ["one before that is none", [thought, carry("previous")], [thought, empty]],
    ["an empty text's", [carry("empty_text"), text("a")], [empty, text("a")]],
    [
      "a call's, before and behind",
      [carry("call:1"), call("1"), call("2"), carry("call:2")],
      [
        { ...call("1"), signature },
        { ...call("2"), signature },
      ],
    ],
    [
      "a call's that has its own",
      [carry("call:1"), { ...call("1"), signature: { vendor: "coze", value: "c:d" } }],
      [{ ...call("1"), signature: { vendor: "coze", value: "c:d" } }],
    ],
    ["a lost call's", [carry("call:9"), call("1")], [call("1")]],
  ];
  test.each(turns)("go where they belong: %s", (_what, parts, expected) => {
    expect(placeSignatures([{ role: "assistant", parts }])).toEqual([{ role: "assistant", parts: expected }]);
  });

  test("find a call of another turn only where their own has none of that id", () => {
    const other = { vendor: "gemini", value: "T" } as const;
    const again: DraftMessage[] = [
      { role: "assistant", parts: [carry("call:1"), call("1")] },
      { role: "tool", results: [] },
      { role: "assistant", parts: [{ type: "carried", signature: other, place: "call:1" }, call("1")] },
    ];
    expect(placeSignatures(again)).toMatchObject([{ parts: [{ signature }] }, {}, { parts: [{ signature: other }] }]);
    const apart: DraftMessage[] = [
      { role: "assistant", parts: [call("1")] },
      { role: "user", parts: [] },
      { role: "assistant", parts: [carry("call:1")] },
    ];
    expect(placeSignatures(apart)).toMatchObject([{ parts: [{ signature }] }, {}, { parts: [] }]);
  });
});

describe("a field for thoughts", () => {
  const at = (place: SignaturePlace | null): CarriedSignature => ({ signature, place });
  const own = { type: "reasoning", text: "t", signature, redacted: false } as const;
  const table: [what: string, read: DraftPart[], expected: DraftPart[]][] = [
    ["nothing", readThoughts("", null), []],
    ["unsigned thoughts", readThoughts("t", null), [thought]],
    ["unsigned thoughts that should be withheld", readThoughts("t", null, true), [thought]],
    ["signed thoughts", readThoughts("t", at(null)), [own]],
    ["a signature alone", readThoughts("", at(null)), [{ ...own, text: "" }]],
    ["withheld thoughts by their place", readThoughts("", at("redacted")), [{ ...own, text: "", redacted: true }]],
    ["withheld thoughts by their field", readThoughts("", at(null), true), [{ ...own, text: "", redacted: true }]],
    ["a call's signature", readThoughts("", at("call:1")), [carry("call:1")]],
    ["thoughts and a text's signature", readThoughts("t", at("previous")), [thought, carry("previous")]],
  ];
  test.each(table)("holds %s", (_what, read, expected) => {
    expect(read).toEqual(expected);
  });
});
