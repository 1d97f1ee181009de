import { type Answer, type Gateway, type GatewayOptions, provider, startGateway } from "../gateway/fixture.ts";
import { CLIENT_KEY } from "../support/app.ts";
import type { FakeVendor, Gate, Reply } from "../support/fake-vendor.ts";
import { connectLive, type Live, type LiveClient } from "../support/live.ts";
import { chatChunk, chatUsageChunk, DONE } from "../support/samples.ts";

export interface ChatApp extends Gateway {
  readonly live: LiveClient;
  /** Sends and fails on any error. */
  say(input: object): Promise<Answer>;
  refused(input: object): Promise<Answer>;
  ask(query: string, variables?: object): Promise<Answer>;
  message(id: string): Promise<Answer>;
  watch(messageId: string, afterSeq?: number): Live;
  /** Every piece from `afterSeq` to the end. */
  follow(messageId: string, afterSeq?: number): Promise<Followed>;
}

export interface Followed {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly { id: string; name: string; arguments: string }[];
  readonly end: Answer;
}

const MESSAGE = `id conversationId parentId role state text reasoning model format requestId finishReason lastSeq cost
  toolCalls { id name arguments } toolResults { callId text isError } error { errorClass message httpStatus }
  usage { inputTokens outputTokens totalTokens } attachments { name mediaType bytes dataUrl }`;

const SEND = `mutation ($input: SendChatMessageInput!) {
  sendChatMessage(input: $input) {
    conversation { id title systemPrompt params }
    message { ${MESSAGE} }
    answers { ${MESSAGE} }
    userErrors { code message field }
  }
}`;

const STREAM = `subscription ($messageId: ID!, $afterSeq: Int!) {
  chatStream(messageId: $messageId, afterSeq: $afterSeq) {
    __typename
    ... on StreamEvent { cursor }
    ... on ChatDelta { messageId seq text reasoning toolCalls { index id name arguments } }
    ... on ChatFinished { message { ${MESSAGE} } }
    ... on ChatFailed { message { ${MESSAGE} } }
  }
}`;

/** Providers of three kinds, one model on each, and a client key with little rights. */
export async function startChat(options: Partial<GatewayOptions> = {}): Promise<ChatApp> {
  const app = await startGateway({
    providers: (vendor: FakeVendor) => [
      provider("openai", `${vendor.origin}/v1`, ["sk-a", "sk-b"]),
      provider("anthropic", vendor.origin, ["sk-ant"]),
      provider("gemini", vendor.origin, ["sk-gem"]),
    ],
    models: [
      { name: "gpt", price: { input: 2, output: 8 }, targets: [{ provider: "openai", model: "gpt-4.1" }] },
      { name: "claude", targets: [{ provider: "anthropic", model: "claude-sonnet-4-5" }] },
      { name: "gem", targets: [{ provider: "gemini", model: "gemini-2.5-flash" }] },
    ],
    clientKeys: [
      { name: "test", secret: CLIENT_KEY },
      { name: "narrow", secret: "sk-test-narrow-0123456789", allowedModels: ["claude"] },
    ],
    settings: { streamIdleTimeoutMs: 5000, firstTokenTimeoutMs: 5000, headersTimeoutMs: 5000 },
    ...options,
  });
  const live = connectLive({ url: `${app.url}/graphql` });
  const ask = async (query: string, variables: object = {}) => {
    const { data, errors } = await app.graphql(query, variables);
    if (errors) throw new Error(errors.map(({ message }) => message).join("; "));
    return Object.values(data)[0] as Answer;
  };
  const watch = (messageId: string, afterSeq = 0) => live.watch(STREAM, { messageId, afterSeq });
  return {
    ...app,
    live,
    ask,
    watch,
    async say(input) {
      const sent = await ask(SEND, { input });
      if (sent.userErrors.length > 0) throw new Error(JSON.stringify(sent.userErrors));
      return sent;
    },
    refused: async (input) => (await ask(SEND, { input })).userErrors,
    message: (id) => ask(`query ($id: ID!) { node(id: $id) { ... on ChatMessage { ${MESSAGE} } } }`, { id }),
    async follow(messageId, afterSeq = 0) {
      const pieces = new Collected();
      const stream = watch(messageId, afterSeq);
      for (;;) {
        const event = await stream.next();
        if (event.__typename !== "ChatDelta") {
          await stream.stop();
          return pieces.ended(event);
        }
        pieces.add(event);
      }
    },
    async close() {
      await live.close();
      await app.close();
    },
  };
}

/** What a client makes of the pieces. */
export class Collected {
  text = "";
  reasoning = "";
  readonly toolCalls: { id: string; name: string; arguments: string }[] = [];
  seq = 0;

  add(delta: Answer): void {
    this.text += delta.text;
    this.reasoning += delta.reasoning;
    for (const { index, id, name, arguments: text } of delta.toolCalls) {
      if (id !== null) this.toolCalls[index] = { id, name, arguments: "" };
      this.toolCalls[index]!.arguments += text;
    }
    this.seq = delta.seq;
  }

  ended(end: Answer): Followed {
    const { text, reasoning, toolCalls } = this;
    return { text, reasoning, toolCalls, end };
  }
}

/** The words one after the other, each after its gate has been opened; then the usage and the end. */
export function spoken(words: readonly string[], gates: readonly Gate[] = []): Reply {
  return async (call) => {
    await call.startStream();
    await call.chunk(chatChunk({ role: "assistant", content: "" }));
    for (const [index, word] of words.entries()) {
      await gates[index]?.opened;
      await call.chunk(chatChunk({ content: word }));
    }
    await gates[words.length]?.opened;
    for (const frame of [chatChunk({}, "stop"), chatUsageChunk(), DONE]) await call.chunk(frame);
    await call.end();
  };
}
