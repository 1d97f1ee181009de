import { describe, expect, test } from "bun:test";
import {
  holdsPackedSignature,
  packSignature,
  placeOfCall,
  readCarried,
  readSignature,
  type Signature,
  type SignaturePlace,
  type SignatureVendor,
  unpackSignature,
  writeSignature,
} from "../../src/llm/signature.ts";

const signatures: readonly Signature[] = [
  { vendor: "anthropic", value: "SIG+/==" },
  { vendor: "gemini", value: 'ünïcode \u0000 "quoted"' },
  { vendor: "openai", value: "gAAA1".repeat(2000), id: "rs_1" },
  { vendor: "coze", value: "73791:73813" },
];
const vendors: readonly SignatureVendor[] = ["anthropic", "gemini", "openai", "coze"];
const packed = (parts: unknown) => `sluice.sig.1.${Buffer.from(JSON.stringify(parts)).toString("base64url")}`;

describe("a signature", () => {
  test.each(signatures.map((each) => [each.vendor, each] as const))(
    "of %s survives every field",
    (_vendor, signature) => {
      expect(unpackSignature(packSignature(signature))).toEqual({ signature, place: null });
      expect(packSignature(signature)).toMatch(/^sluice\.sig\.1\.[\w-]+$/);
      for (const native of vendors) {
        const field = writeSignature(signature, native);
        expect(readSignature(field, native)).toEqual(signature);
        expect(holdsPackedSignature(`{"signature":"${field}"}`)).toBe(
          native !== signature.vendor || signature.id !== undefined,
        );
      }
    },
  );

  test("of the format itself is written as it is", () => {
    expect(writeSignature({ vendor: "anthropic", value: "SIG+/==" }, "anthropic")).toBe("SIG+/==");
    expect(readSignature("EpYBChIQAAAAAA==", "anthropic")).toEqual({ vendor: "anthropic", value: "EpYBChIQAAAAAA==" });
  });

  const broken: [what: string, text: string][] = [
    ["nothing", ""],
    ["a mark alone", "sluice.sig.1."],
    ["cut text", packSignature({ vendor: "gemini", value: "abcdef" }).slice(0, -3)],
    ["no JSON", "sluice.sig.1.@@@@"],
    ["no list", packed({ vendor: "gemini", value: "x" })],
    ["an unknown vendor", packed(["mistral", "x"])],
    ["a vendor alone", packed(["gemini"])],
    ["a value that is no text", packed(["gemini", 5])],
    ["an empty value", packed(["gemini", ""])],
  ];
  test.each(broken)("that is %s is skipped", (_what, text) => {
    expect(readSignature(text, "openai")).toBeNull();
    expect(unpackSignature(text)).toBeNull();
  });

  test("that is another's is not unpacked, and an id that is no text is none", () => {
    expect(unpackSignature("EpYB")).toBeNull();
    const signature: Signature = { vendor: "openai", value: "x" };
    expect(unpackSignature(packed(["openai", "x", 5]))).toEqual({ signature, place: null });
  });

  const places: readonly SignaturePlace[] = ["redacted", "next", "previous", "empty_text", placeOfCall("a:1\n")];
  test.each(places)("says that it belongs elsewhere: %s", (place) => {
    for (const signature of signatures) {
      expect(unpackSignature(packSignature(signature, place))).toEqual({ signature, place });
      for (const native of vendors) {
        const field = writeSignature(signature, native, place);
        expect(readCarried(field, native)).toEqual({ signature, place });
        expect(readSignature(field, native)).toEqual(signature);
      }
    }
  });

  test.each(["", "call:", "nowhere", "thinking", 7, null])("whose place is %p is where it belongs", (place) => {
    expect(unpackSignature(packed(["gemini", "x", null, place]))).toMatchObject({ place: null });
  });
});
