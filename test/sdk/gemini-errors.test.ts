import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { ApiError, GoogleGenAI } from "@google/genai";
import { CLIENT_KEY } from "../support/app.ts";
import { type Bench, startBench } from "./bench.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await startBench({ cooldownBaseMs: 10, cooldownMaxMs: 100 });
});
beforeEach(() => bench.turnOver());
afterAll(() => bench.close());

function clientWith(apiKey = CLIENT_KEY): GoogleGenAI {
  return new GoogleGenAI({ apiKey, httpOptions: { baseUrl: bench.gateway.url, apiVersion: "v1beta" } });
}

/** The SDK puts the whole error body into its message: `{"error":{code,message,status}}`. */
async function failure(work: Promise<unknown>): Promise<{ status: number; body: Record<string, unknown> }> {
  const error = await work.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!(error instanceof ApiError)) throw new Error(`no ApiError: ${error}`);
  return { status: error.status, body: (JSON.parse(error.message) as { error: Record<string, unknown> }).error };
}

const say = (contents: string, model = "gemini-2.5-pro") => ({ model, contents });
const failed = (errorClass: string, httpStatus: number) => ({
  protocol: "gemini",
  status: "error",
  errorClass,
  httpStatus,
});

describe("gemini errors", () => {
  test("a wrong key is 401 UNAUTHENTICATED", async () => {
    const { status, body } = await failure(clientWith("nobody-0123456789").models.generateContent(say("hello")));
    expect(status).toBe(401);
    expect(body).toMatchObject({ code: 401, status: "UNAUTHENTICATED", message: expect.any(String) });
    expect(await bench.settled()).toMatchObject({ ...failed("unauthorized", 401), clientKeyId: null, attempts: [] });
  });

  test("an unknown model is 404 NOT_FOUND, for a stream as well", async () => {
    const unknown = say("hello", "gemini-nobody");
    for (const work of [
      () => clientWith().models.generateContent(unknown),
      () => clientWith().models.generateContentStream(unknown),
    ]) {
      expect(await failure(work())).toMatchObject({ status: 404, body: { code: 404, status: "NOT_FOUND" } });
      expect(await bench.settled()).toMatchObject({ ...failed("not_found", 404), attempts: [] });
    }
  });

  test("an unknown model of models.get is 404 NOT_FOUND", async () => {
    expect(await failure(clientWith().models.get({ model: "gemini-nobody" }))).toMatchObject({ status: 404 });
  });

  test("the upstream's failure is 502 INTERNAL", async () => {
    const { status, body } = await failure(clientWith().models.generateContent(say("broken", "gemini/gemini-broken")));
    expect([status, body.code, body.status]).toEqual([502, 502, "INTERNAL"]);
    expect((await bench.settled()).attempts).toMatchObject([{ outcome: "rejected", httpStatus: 500 }]);
  });

  test("429 is RESOURCE_EXHAUSTED with Google's own RetryInfo", async () => {
    const { status, body } = await failure(
      clientWith().models.generateContent(say("too fast", "gemini/gemini-limited")),
    );
    expect(status).toBe(429);
    expect(body).toMatchObject({
      status: "RESOURCE_EXHAUSTED",
      details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1s" }],
    });
    expect(await bench.settled()).toMatchObject(failed("rate_limited", 429));
  });

  // aimock words a 400 as OpenAI does; the stand-in as Google does.
  test("the upstream's 400 is INVALID_ARGUMENT in the upstream's own words, whole and streamed", async () => {
    const error = { code: 400, message: "contents is not specified", status: "INVALID_ARGUMENT" };
    const refusal = () => Response.json({ error }, { status: 400 });
    const path = "POST /v1beta/models/gemini-2.5-flash";
    bench.standIn.on(`${path}:generateContent`, refusal);
    bench.standIn.on(`${path}:streamGenerateContent`, refusal);
    const own = say("hello", "own-gemini");
    for (const work of [
      () => clientWith().models.generateContent(own),
      () => clientWith().models.generateContentStream(own),
    ]) {
      expect(await failure(work())).toEqual({ status: 400, body: error });
      const record = await bench.settled();
      expect(record).toMatchObject(failed("invalid_request", 400));
      expect(record.attempts).toHaveLength(1);
    }
  });

  test("a stream that breaks after its first words ends in an ApiError, never in silence", async () => {
    const word = { candidates: [{ index: 0, content: { role: "model", parts: [{ text: "One" }] } }] };
    bench.standIn.on(
      "POST /v1beta/models/gemini-2.5-flash:streamGenerateContent",
      () => new Response(`data: ${JSON.stringify(word)}\n\n`, { headers: { "content-type": "text/event-stream" } }),
    );
    let text = "";
    const read = async () => {
      const stream = await clientWith().models.generateContentStream(say("hello", "own-gemini"));
      for await (const chunk of stream) text += chunk.text ?? "";
    };
    const error = await read().catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ApiError);
    expect(text).toBe("One");
    expect(await bench.settled()).toMatchObject({ status: "error", errorClass: "truncated", stream: true });
  });
});
