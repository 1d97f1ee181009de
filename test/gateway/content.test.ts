import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { RequestContent } from "../../src/record.ts";
import { CLIENT_KEY } from "../support/app.ts";
import { json, stream } from "../support/fake-vendor.ts";
import { CHAT_STREAM, chatAnswer, openAiError } from "../support/samples.ts";
import { type Gateway, provider, startGateway } from "./fixture.ts";

/** What is kept of bodies and headers, by the policy of the client key. */
const KEYS = {
  none: "sk-client-none-0123456789",
  metadata: "sk-client-meta-0123456789",
  full: "sk-client-full-0123456789",
};
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-up-1"])],
    clientKeys: [
      { name: "test", secret: CLIENT_KEY },
      ...Object.entries(KEYS).map(([name, secret]) => ({ name, secret, requestContent: name })),
    ],
    settings: { maxContentBytes: 2000, maxAttempts: 1 },
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(json(chatAnswer())));

const ask = (key: string, body: unknown = { model: "m" }, headers: Record<string, string> = {}) =>
  gateway.send("/v1/chat/completions", body, { headers: { authorization: `Bearer ${key}`, ...headers } });
const text = (bytes: Uint8Array | null | undefined) => (bytes == null ? null : Buffer.from(bytes).toString());

describe("of a request is kept", () => {
  test("nothing, unless somebody asks for it", async () => {
    expect((await ask(CLIENT_KEY)).record.content).toBeNull();
    expect((await ask(KEYS.none)).record.content).toBeNull();
  });

  test("its headers under metadata, without what is a credential or a person", async () => {
    const { record, text: answer } = await ask(
      KEYS.metadata,
      { model: "m" },
      {
        "x-api-key": "sk-in-another-place-0123",
        "x-goog-api-key": "sk-in-another-place-0123",
        "api-key": "sk-in-another-place-0123",
        cookie: "session=secret-cookie",
        "proxy-authorization": "Basic secret-proxy",
        "x-forwarded-for": "203.0.113.9",
        "x-title": "my app",
      },
    );
    const content = record.content as RequestContent;
    expect(content).toMatchObject({ policy: "metadata", requestBody: null, responseBody: null, truncated: false });
    const kept = JSON.parse(content.requestHeaders!) as Record<string, string>;
    expect(kept).toMatchObject({ "content-type": "application/json", "x-title": "my app" });
    for (const secret of ["sk-", "secret-", "203.0.113.9"]) expect(content.requestHeaders).not.toContain(secret);
    expect(JSON.parse(content.responseHeaders!)).toMatchObject({ "x-request-id": record.id });
    expect(answer).toBe(JSON.stringify(chatAnswer()));
  });

  test("the bodies under full, as they went over the wire", async () => {
    const body = '{"model":"m","x":1.0,"text":"Grüße 🦊"}';
    const { record } = await ask(KEYS.full, body);
    expect(text(record.content!.requestBody)).toBe(body);
    expect(text(record.content!.responseBody)).toBe(JSON.stringify(chatAnswer()));
    expect(record.content!.truncated).toBe(false);
  });

  test("a stream as the client got it", async () => {
    gateway.vendor.otherwise(stream(CHAT_STREAM));
    const { record, text: got } = await ask(KEYS.full, { model: "m", stream: true });
    expect(text(record.content!.responseBody)).toBe(got);
    expect(JSON.parse(record.content!.responseHeaders!)).toMatchObject({ "x-request-id": record.id });
  });

  test("the beginning of what is too long, and that it was", async () => {
    gateway.vendor.otherwise(json(chatAnswer({ filler: "y".repeat(5000) })));
    const body = JSON.stringify({ model: "m", filler: "x".repeat(5000) });
    const { record, text: got } = await ask(KEYS.full, body);
    expect(record.content!.truncated).toBe(true);
    expect(text(record.content!.requestBody)).toBe(body.slice(0, 2000));
    expect(text(record.content!.responseBody)).toBe(Buffer.from(got).subarray(0, 2000).toString());
  });

  const errors: [what: string, body: unknown, status: number, reply: ReturnType<typeof json>][] = [
    ["the gateway's", "{", 400, json(chatAnswer())],
    ["an upstream's about the request", { model: "m" }, 400, json(openAiError("bad"), 400)],
    ["an upstream's own", { model: "m" }, 502, json(openAiError("boom"), 500)],
  ];
  test.each(errors)("an error as the client got it: %s", async (_, body, status, reply) => {
    gateway.vendor.otherwise(reply);
    const { record, text: got, status: gotStatus } = await ask(KEYS.full, body);
    expect(gotStatus).toBe(status);
    expect(text(record.content!.requestBody)).toBe(typeof body === "string" ? body : JSON.stringify(body));
    expect(text(record.content!.responseBody)).toBe(got);
    expect(record.content!.responseHeaders).not.toBeNull();
  });
});
