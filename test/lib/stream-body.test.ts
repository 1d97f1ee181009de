import { describe, expect, test } from "bun:test";
import { HttpError } from "../../src/lib/http-client/errors.ts";
import { answerOf, StreamBody, streamOf } from "../../src/lib/stream-body.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function streamOfBlocks(blocks: readonly (string | Error)[]): ReadableStream<Uint8Array> {
  const left = [...blocks];
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = left.shift();
      if (next === undefined) controller.close();
      else if (next instanceof Error) controller.error(next);
      else controller.enqueue(bytes(next));
    },
  });
}

async function polled(body: StreamBody): Promise<string[]> {
  const seen: string[] = [];
  for (;;) {
    const block = body.poll();
    if (block === null) return seen;
    if (block === undefined) await new Promise<void>((resolve) => body.whenReadable(resolve));
    else seen.push(new TextDecoder().decode(block));
  }
}

describe("a web stream as a body", () => {
  test("is read block by block or as a whole", async () => {
    const body = new StreamBody(streamOfBlocks(["a", "", "bc"]), null);
    expect(new TextDecoder().decode((await body.read())!)).toBe("a");
    expect(new TextDecoder().decode(await body.readAll(10))).toBe("bc");
    expect(await body.read()).toBeNull();
  });

  test("can be polled", async () => {
    expect(await polled(new StreamBody(streamOfBlocks(["a", "bc"]), null))).toEqual(["a", "bc"]);
    expect(polled(new StreamBody(streamOfBlocks(["a", new Error("gone")]), null))).rejects.toThrow("gone");
  });

  test("shorter than its length is no whole answer", async () => {
    const short = new StreamBody(streamOfBlocks(["abc"]), 4).readAll(10);
    expect(short).rejects.toMatchObject({ name: "HttpError", code: "truncated" });
    expect(new StreamBody(streamOfBlocks(["abcd"]), 4).readAll(3)).rejects.toThrow(HttpError);
  });

  test("goes back into a stream, which cancels it", async () => {
    expect(await new Response(streamOf(new StreamBody(streamOfBlocks(["a", "b"]), null))).text()).toBe("ab");
    let cancelled = false;
    const source = new ReadableStream<Uint8Array>({
      cancel() {
        cancelled = true;
      },
    });
    await streamOf(new StreamBody(source, null)).cancel();
    expect(cancelled).toBe(true);
  });
});

test("an answer of fetch keeps status, headers and length", async () => {
  const { status, headers, body } = answerOf(
    new Response("abc", { status: 418, headers: { "content-length": "3", "x-a": "b" } }),
  );
  expect([status, headers.get("x-a"), body.length]).toEqual([418, "b", 3]);
  expect(new TextDecoder().decode(await body.readAll(3))).toBe("abc");
  expect(await answerOf(new Response(null, { status: 204 })).body.readAll(0)).toEqual(new Uint8Array());
});
