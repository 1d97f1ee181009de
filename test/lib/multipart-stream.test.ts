import { describe, expect, test } from "bun:test";
import { MultipartStream } from "../../src/lib/multipart-stream.ts";
import { cpuMs } from "../support/timing.ts";

interface Part {
  name: string;
  filename: string | null;
  contentType: string | null;
  content: string;
}

/** What comes of a form that is fed in pieces of this size. */
function read(bytes: Uint8Array, size: number, boundary = "b"): { parts: Part[]; isOver: boolean } {
  const stream = new MultipartStream(boundary);
  const parts: Part[] = [];
  let open = 0;
  for (let at = 0; at < bytes.length; at += size) {
    for (const event of stream.feed(bytes.slice(at, at + size))) {
      if (event.kind === "head") {
        parts.push({ ...event.head, content: "" });
        open++;
      } else if (event.kind === "data") parts.at(-1)!.content += Buffer.from(event.bytes).toString("latin1");
      else open--;
    }
  }
  expect(open).toBe(stream.isOver ? 0 : open);
  return { parts, isOver: stream.isOver };
}

const part = (name: string, content: string, more = "") =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${content}\r\n`;
const bytes = (text: string) => Buffer.from(text, "utf8");
const SIZES = [1, 2, 3, 7, 64, 100_000];

describe("a form", () => {
  test.each(SIZES)("is taken apart in pieces of %d", (size) => {
    const tricky = "\r\n--\r\n--a\r\n--bb text \r\n\r\n--b\n";
    const form = `ignored${"\r\n"}${part("purpose", "user_data")}${part("empty", "")}${part("file", tricky, '; filename="a.txt"\r\nContent-Type: text/plain')}--b--\r\nignored`;
    expect(read(bytes(form), size)).toEqual({
      isOver: true,
      parts: [
        { name: "purpose", filename: null, contentType: null, content: "user_data" },
        { name: "empty", filename: null, contentType: null, content: "" },
        { name: "file", filename: "a.txt", contentType: "text/plain", content: tricky },
      ],
    });
  });

  test.each(SIZES)("whose empty part shares its line break (pieces of %d)", (size) => {
    const form = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n--b--';
    expect(read(bytes(form), size)).toEqual({
      isOver: true,
      parts: [{ name: "a", filename: null, contentType: null, content: "" }],
    });
  });

  test("as fetch writes it: any bytes, any name", async () => {
    const content = crypto.getRandomValues(new Uint8Array(50_000));
    const form = new FormData();
    form.set("file", new File([content], 'Grüße "2".pdf', { type: "application/pdf" }));
    form.set("purpose", "vision");
    const request = new Request("http://h", { method: "POST", body: form });
    const boundary = /boundary="?([^";]+)/.exec(request.headers.get("content-type")!)![1]!;
    const { parts } = read(await request.bytes(), 4096, boundary);
    expect(parts[0]).toMatchObject({ filename: 'Grüße "2".pdf', contentType: "application/pdf" });
    expect(Buffer.from(parts[0]!.content, "latin1").equals(content)).toBe(true);
    expect(parts[1]!.content).toBe("vision");
  });

  test("that ends in the middle is not over", () => {
    expect(read(bytes(part("a", "b")), 5).isOver).toBe(false);
  });

  test.each([
    ["without a name", "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", /no name/],
    ["with endless headers", `--b\r\n${"x".repeat(9000)}`, /too long headers/],
    ["with white space behind a mark", "--b \r\n", /white space/],
  ])("%s is refused", (_, form, words) => {
    expect(() => read(bytes(form), 100_000)).toThrow(words);
  });

  test("holds no more than a boundary, and takes time as its length", () => {
    const stream = new MultipartStream("b");
    const spentMs = cpuMs(() => {
      for (const _ of stream.feed(bytes('--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n')));
      const piece = bytes("\r\n-".repeat(20_000));
      for (let index = 0; index < 300; index++) for (const _ of stream.feed(piece));
    });
    expect(spentMs).toBeLessThan(1500);
  });
});
