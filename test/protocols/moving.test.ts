import { describe, expect, test } from "bun:test";
import { type LlmAnswer, unfoldAnswer } from "../../src/llm/answer.ts";
import { EMPTY_REQUEST, type OutputPart } from "../../src/llm/request.ts";
import { messagesClient } from "../../src/protocols/anthropic-messages/codec.ts";
import type { AnswerContext, ClientCodec } from "../../src/protocols/codec.ts";
import { geminiClient } from "../../src/protocols/gemini/codec.ts";
import { chatClient } from "../../src/protocols/openai-chat/codec.ts";
import { responsesClient } from "../../src/protocols/openai-responses/codec.ts";
import { withoutPaths } from "./without-paths.ts";

/**
 * A conversation that moves between client formats: an application takes the thoughts of one format and puts text and signature into
 * the other's field for them. Whatever signature travelled in it still finds its place.
 */

const gemini = (value: string) => ({ vendor: "gemini", value }) as const;
const PARTS: readonly OutputPart[] = [
  { type: "reasoning", text: "plan", signature: { vendor: "anthropic", value: "A" }, redacted: false },
  { type: "reasoning", text: "", signature: { vendor: "anthropic", value: "R" }, redacted: true },
  { type: "text", text: "", signature: gemini("E") },
  { type: "text", text: "said", signature: gemini("T") },
  { type: "tool_call", id: "c1", name: "f", arguments: "{}", signature: gemini("C") },
  { type: "tool_call", id: "c2", name: "f", arguments: "{}", signature: null },
];

const context: AnswerContext = {
  requestId: "req_1",
  model: "m",
  createdAtMs: 0,
  request: { ...EMPTY_REQUEST, model: "m" },
  body: {},
};
const answer: LlmAnswer = {
  id: null,
  model: null,
  choices: [{ parts: PARTS, finish: { unified: "tool_calls", raw: null } }],
  usage: null,
  rawUsage: null,
};

/** What an application knows of a turn, whatever the format: thoughts with their opaque text, words, calls. */
type Piece =
  | { readonly kind: "thought"; readonly text: string; readonly opaque: string | undefined; readonly isData: boolean }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "call"; readonly id: string };

interface Json {
  readonly [name: string]: unknown;
}

interface Format {
  readonly client: ClientCodec;
  pieces(answer: Json): Piece[];
  body(pieces: readonly Piece[]): object;
}

const MESSAGES: Format = {
  client: messagesClient,
  pieces: ({ content }) =>
    (content as Json[]).map((block): Piece => {
      if (block.type === "tool_use") return { kind: "call", id: String(block.id) };
      if (block.type === "text") return { kind: "text", text: String(block.text) };
      const isData = block.type === "redacted_thinking";
      const opaque = String(isData ? block.data : block.signature);
      return { kind: "thought", text: String(block.thinking ?? ""), opaque, isData };
    }),
  body: (pieces) => ({
    model: "m",
    max_tokens: 9,
    messages: [
      {
        role: "assistant",
        content: pieces.map((piece) => {
          if (piece.kind === "call") return { type: "tool_use", id: piece.id, name: "f", input: {} };
          if (piece.kind === "text") return { type: "text", text: piece.text };
          return piece.isData
            ? { type: "redacted_thinking", data: piece.opaque }
            : { type: "thinking", thinking: piece.text, signature: piece.opaque };
        }),
      },
    ],
  }),
};

const RESPONSES: Format = {
  client: responsesClient,
  pieces: ({ output }) =>
    (output as Json[]).map((item): Piece => {
      if (item.type === "function_call") return { kind: "call", id: String(item.call_id) };
      if (item.type === "message") return { kind: "text", text: String((item.content as Json[])[0]?.text) };
      const summary = item.summary as Json[];
      const opaque = item.encrypted_content as string;
      return { kind: "thought", text: String(summary[0]?.text ?? ""), opaque, isData: false };
    }),
  body: (pieces) => ({
    model: "m",
    input: pieces.map((piece) => {
      if (piece.kind === "call") return { type: "function_call", call_id: piece.id, name: "f", arguments: "{}" };
      if (piece.kind === "text") return { role: "assistant", content: piece.text };
      const summary = piece.text === "" ? [] : [{ type: "summary_text", text: piece.text }];
      return { type: "reasoning", summary, encrypted_content: piece.opaque };
    }),
  }),
};

const GEMINI: Pick<Format, "client" | "body"> = {
  client: geminiClient,
  body: (pieces) => ({
    contents: [
      {
        role: "model",
        parts: pieces.map((piece) => {
          if (piece.kind === "call") return { functionCall: { id: piece.id, name: "f", args: {} } };
          if (piece.kind === "text") return { text: piece.text };
          return { text: piece.text, thought: true, thoughtSignature: piece.opaque };
        }),
      },
    ],
  }),
};

const CHAT: Pick<Format, "client" | "body"> = {
  client: chatClient,
  body: (pieces) => {
    let content = "";
    const details: object[] = [];
    const calls: object[] = [];
    for (const piece of pieces) {
      if (piece.kind === "text") content += piece.text;
      else if (piece.kind === "call") {
        calls.push({ id: piece.id, type: "function", function: { name: "f", arguments: "{}" } });
      } else {
        const position = { content: content.length, tool_calls: calls.length };
        details.push({ type: "reasoning.text", text: piece.text, signature: piece.opaque, format: "sluice", position });
      }
    }
    return {
      model: "m",
      messages: [{ role: "assistant", content, tool_calls: calls, reasoning_details: details }],
    };
  },
};

/** Anthropic's own signature stands bare in its own format; elsewhere an application must say whose it is, so it is left out here. */
const FOREIGN = PARTS.slice(1);

describe("signatures keep their places", () => {
  const into = [MESSAGES, RESPONSES, GEMINI, CHAT];
  test.each(into.map(({ client, body }, index) => [index, client, body] as const))(
    "from Responses into format %d",
    (_index, client, body) => {
      const pieces = RESPONSES.pieces(responsesClient.encodeAnswer(answer, context) as Json);
      const { messages } = client.decodeRequest(body(pieces), { model: "m", stream: false });
      expect(messages).toEqual([{ role: "assistant", parts: PARTS }]);
    },
  );

  test.each(into.map(({ client, body }, index) => [index, client, body] as const))(
    "from Messages into format %d",
    (_index, client, body) => {
      const parts = FOREIGN.slice(1);
      const foreign = { ...answer, choices: [{ ...answer.choices[0]!, parts }] };
      const pieces = MESSAGES.pieces(messagesClient.encodeAnswer(foreign, context) as Json);
      const { messages } = client.decodeRequest(body(pieces), { model: "m", stream: false });
      expect(messages).toEqual([{ role: "assistant", parts }]);
    },
  );

  test("in a stream of Messages whose signatures come before, behind and without a text", () => {
    const encoder = messagesClient.encodeStream(context);
    const events = unfoldAnswer(answer);
    const early = events.flatMap((event) => {
      if (event.type === "signature" && event.signature.value === "T") return [];
      const isText = event.type === "block_start" && event.kind === "text" && event.block === 3;
      return isText ? [event, { type: "signature", block: 3, signature: gemini("T") } as const] : [event];
    });
    for (const order of [events, early]) {
      const writer = order === events ? encoder : messagesClient.encodeStream(context);
      const frames = order.map((event) => writer.push(event)).join("") + writer.end();
      const { messages } = withoutPaths(
        messagesClient.decodeRequest(
          { model: "m", max_tokens: 9, messages: [{ role: "assistant", content: blocksOf(frames) }] },
          { model: null, stream: false },
        ),
      );
      expect(messages).toEqual([{ role: "assistant", parts: PARTS }]);
    }
  });
});

function blocksOf(frames: string): Json[] {
  const blocks: Record<string, unknown>[] = [];
  for (const frame of frames.split("\n\n")) {
    const data = /^data: (.*)$/m.exec(frame)?.[1];
    if (data === undefined) continue;
    const event = JSON.parse(data) as Json & { content_block?: Json; delta?: Json };
    const block = blocks.at(-1);
    if (event.type === "content_block_start") blocks.push({ ...event.content_block });
    else if (event.type === "content_block_delta" && block !== undefined) {
      const { type, ...fields } = event.delta!;
      for (const [name, value] of Object.entries(fields)) {
        if (name === "partial_json") continue;
        block[name] = `${String(block[name] ?? "")}${String(value)}`;
      }
    }
  }
  return blocks;
}
