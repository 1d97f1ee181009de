import { LLMock } from "@copilotkit/aimock";

/** The pooled credential of every provider. aimock refuses any other, so a client's own key that leaked upstream would show. */
export const UPSTREAM_KEY = "sk-upstream-0123456789";

export const HELLO = "Hello there, how can I help?";
export const WEATHER_CALL = { name: "get_weather", arguments: '{"city":"Paris"}', id: "call_weather_1" };
export const VECTOR = [0.25, -0.5, 0.125];
export const IMAGE = Buffer.from("not really a picture").toString("base64");
export const SPEECH = new Uint8Array([0xff, 0xfb, 0x90, 0x00, 1, 2, 3, 0, 255]);

const USAGE = { input_tokens: 21, output_tokens: 9 };

/** The third-party mock, scripted by what the user says. */
export async function startAimock(): Promise<LLMock> {
  const mock = new LLMock({ port: 0, auth: { apiKeys: [UPSTREAM_KEY] } });
  mock.onMessage("hello", { content: HELLO, usage: USAGE });
  mock.on({ userMessage: "weather", hasToolResult: false }, { toolCalls: [WEATHER_CALL], usage: USAGE });
  mock.on(
    { userMessage: "weather", hasToolResult: true },
    { content: "It is 21 degrees in Paris.", usage: { input_tokens: 40, output_tokens: 8 } },
  );
  mock.onMessage("think", { content: "42", reasoning: "Six times seven.", usage: USAGE });
  mock.onEmbedding("hello", { embedding: VECTOR });
  mock.onImage("a cat", { images: [{ b64Json: IMAGE }] });
  mock.onSpeech("hello", { audio: Buffer.from(SPEECH).toString("base64"), format: "mp3" });
  mock.onTranscription({ transcription: { text: "hello from the tape", usage: { type: "tokens", ...TRANSCRIPT } } });
  mock.onModerate("hello", { flagged: true, categories: { violence: true }, category_scores: { violence: 0.9 } });
  mock.onMessage("bad request", { error: { message: "The field is wrong.", param: "messages" }, status: 400 });
  mock.onMessage("too fast", { error: { message: "Slow down.", type: "rate_limit" }, status: 429, retryAfter: 1 });
  mock.onMessage("broken", { error: { message: "The server had an error." }, status: 500 });
  await mock.start();
  return mock;
}

const TRANSCRIPT = { input_tokens: 14, output_tokens: 5, total_tokens: 19 };
