import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect } from "node:net";
import { CLIENT_KEY } from "../support/app.ts";
import { json } from "../support/fake-vendor.ts";
import { type Gateway, provider, startGateway } from "./fixture.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: ({ origin }) => [provider("openai", `${origin}/v1`, ["sk-upstream-1"])],
    models: [{ name: "gpt", targets: [{ provider: "openai", model: "gpt" }] }],
  });
});
afterAll(() => gateway.close());

/** A chat answer with that much text. */
const answerOf = (characters: number) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  choices: [
    { index: 0, message: { role: "assistant", content: "0123456789".repeat(characters / 10) }, finish_reason: "stop" },
  ],
  usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
});

test.each([1_000, 16_300, 20_000, 200_000])(
  "an answer of %d characters has its length in its head",
  async (characters) => {
    const answer = answerOf(characters);
    gateway.vendor.otherwise(json(answer));
    const { status, headers, text, record } = await gateway.send("/v1/chat/completions", { model: "gpt" });
    expect([status, text]).toEqual([200, JSON.stringify(answer)]);
    expect(headers.get("content-length")).toBe(String(text.length));
    expect(record.responseBytes).toBe(text.length);
  },
);

test("a longer one comes whole to a client that reads nothing until it is settled", async () => {
  // More than the buffers of both ends hold.
  const answer = JSON.stringify(answerOf(16_000_000));
  gateway.vendor.otherwise(json(JSON.parse(answer)));
  const settled = gateway.nextRecord();
  const body = JSON.stringify({ model: "gpt" });
  const socket = connect(Number(new URL(gateway.app.url).port), "127.0.0.1");
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${CLIENT_KEY}\r\nconnection: close\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  socket.pause();
  expect((await settled).responseBytes).toBe(answer.length);
  let digits = 0;
  for await (const piece of socket as AsyncIterable<Buffer>) {
    for (const byte of piece) if (byte >= 48 && byte <= 57) digits++;
  }
  expect(digits).toBeGreaterThanOrEqual(16_000_000);
});
