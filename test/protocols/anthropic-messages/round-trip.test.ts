import { describe, expect, test } from "bun:test";
import { foldEvents, type LlmAnswer, unfoldAnswer } from "../../../src/llm/answer.ts";
import type { FinishReason, LlmEvent } from "../../../src/llm/event.ts";
import type { LlmRequest, OutputPart } from "../../../src/llm/request.ts";
import { messagesClient, messagesUpstream } from "../../../src/protocols/anthropic-messages/codec.ts";
import { seededRandom } from "../../support/random.ts";
import { withoutPaths } from "../without-paths.ts";
import {
  answerContext,
  assemble,
  decodeContext,
  decodeTurn,
  OPUS,
  requestOf,
  stream,
  targetOf,
  USER,
  wire,
} from "./fixture.ts";

/** Everything that this format can say, but for what only one direction has. */
const FULL: LlmRequest = requestOf({
  model: "claude-opus-5-5",
  stream: true,
  system: [{ type: "text", text: "be brief", cacheControl: { type: "ephemeral", ttl: "5m" } }],
  messages: [
    {
      role: "user",
      parts: [
        { type: "text", text: "look" },
        { type: "image", mediaType: "image/png", source: { kind: "data", base64: "AA==" }, name: null, detail: null },
        {
          type: "file",
          mediaType: "application/pdf",
          source: { kind: "data", base64: "JVBERi==" },
          name: "a.pdf",
          detail: null,
          cacheControl: { type: "ephemeral" },
        },
        { type: "file", mediaType: "text/plain", source: { kind: "text", text: "words" }, name: null, detail: null },
        { type: "image", mediaType: null, source: { kind: "url", url: "https://a" }, name: null, detail: null },
      ],
    },
    {
      role: "assistant",
      parts: [
        { type: "reasoning", text: "plan\n", signature: { vendor: "anthropic", value: "S+/=" }, redacted: false },
        { type: "reasoning", text: "", signature: { vendor: "anthropic", value: "R=" }, redacted: true },
        { type: "text", text: "Looking." },
        { type: "tool_call", id: "t1", name: "f", arguments: '{"city":"R"}', signature: null },
        { type: "tool_call", id: "t2", name: "f", arguments: "{}", signature: null },
      ],
    },
    {
      role: "tool",
      results: [
        { callId: "t1", name: null, parts: [{ type: "text", text: "18" }], isError: false },
        {
          callId: "t2",
          name: null,
          parts: [
            { type: "text", text: "see" },
            {
              type: "image",
              mediaType: "image/png",
              source: { kind: "data", base64: "AA==" },
              name: null,
              detail: null,
            },
          ],
          isError: true,
        },
      ],
    },
    { role: "user", parts: [{ type: "text", text: "and?" }] },
    { role: "system", parts: [{ type: "text", text: "in verse" }] },
  ],
  tools: [{ name: "f", description: "F", parameters: { type: "object", properties: {} }, strict: false }],
  hostedTools: [
    {
      kind: "web_search",
      type: "web_search_20260209",
      raw: { type: "web_search_20260209", name: "web_search" },
      path: "tools[1]",
    },
  ],
  toolChoice: { type: "auto" },
  parallelToolCalls: false,
  maxOutputTokens: 1_000,
  stop: ["END"],
  reasoning: { effort: "xhigh", budgetTokens: null, visible: true },
  responseFormat: {
    type: "json_schema",
    name: null,
    description: null,
    schema: { type: "object", properties: {}, additionalProperties: false },
    strict: null,
  },
  user: "u-1",
  serviceTier: "default",
});

describe("a request that is written and read again is the same", () => {
  const again = (request: LlmRequest, target = targetOf()) => {
    const { body, dropped } = messagesUpstream.encodeRequest(request, target);
    expect(dropped).toEqual([]);
    return withoutPaths(messagesClient.decodeRequest(wire(body), { model: null, stream: false }));
  };

  test("with all that the newest models take", () => {
    expect(again(FULL)).toEqual(FULL);
  });

  test("with sampling and a budget", () => {
    const target = targetOf({ ...OPUS, sampling: true, thinking: "budget" }, "m");
    const sampled = requestOf({ temperature: 0.5, topK: 3, maxOutputTokens: 9, messages: [USER] });
    expect(again(sampled, target)).toEqual(sampled);
    const thinking = requestOf({
      maxOutputTokens: 9_000,
      reasoning: { effort: null, budgetTokens: 2_000, visible: true },
    });
    expect(again(thinking, target)).toEqual(thinking);
  });
});

const KINDS = ["text", "thoughts", "unsigned", "redacted", "call", "signed call", "signed text", "cited"] as const;
const GEMINI = { vendor: "gemini", value: "SG" } as const;

/** Parts as vendors give them, from a seed. */
function randomParts(next: () => number): OutputPart[] {
  return Array.from({ length: Math.floor(next() * 6) }, (_, index) => partOf(pick(KINDS, next), index, next));
}

function pick<T>(list: readonly T[], next: () => number): T {
  return list[Math.floor(next() * list.length)]!;
}

function partOf(kind: (typeof KINDS)[number], index: number, next: () => number): OutputPart {
  const words = `w${index}`;
  switch (kind) {
    case "text":
      return { type: "text", text: words };
    case "thoughts":
      return { type: "reasoning", text: words, signature: pick([GEMINI, CLAUDE, OPENAI], next), redacted: false };
    case "unsigned":
      return { type: "reasoning", text: words, signature: null, redacted: false };
    case "redacted":
      return { type: "reasoning", text: "", signature: CLAUDE, redacted: true };
    case "call":
      return { type: "tool_call", id: `c${index}`, name: "f", arguments: '{"a":[1,"x"]}', signature: null };
    case "signed call":
      return { type: "tool_call", id: `c${index}`, name: "f", arguments: "{}", signature: GEMINI };
    case "signed text":
      return { type: "text", text: words, signature: GEMINI };
    case "cited":
      return {
        type: "text",
        text: words,
        citations: [{ url: "https://x", title: null, citedText: "c", start: null, end: null }],
      };
  }
}

const CLAUDE = { vendor: "anthropic", value: "S1" } as const;
const OPENAI = { vendor: "openai", value: "gAA", id: "rs_1" } as const;
const FINISH: FinishReason = { unified: "length", raw: "max_tokens" };

describe("what a client got and sends back is what the vendor gave", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const parts = randomParts(seededRandom(seed));
    const answer: LlmAnswer = {
      id: null,
      model: null,
      choices: [{ parts, finish: FINISH }],
      usage: null,
      rawUsage: null,
    };

    test(`seed ${seed}, whole and as a stream, however it is cut`, () => {
      const turn = [{ role: "assistant" as const, parts }];
      const message = wire(messagesClient.encodeAnswer(answer, answerContext()));
      expect(decodeTurn("assistant", message.content)).toEqual(turn);
      const events = unfoldAnswer(answer);
      expect(decodeTurn("assistant", assemble(stream(events)))).toEqual(turn);
      expect(decodeTurn("assistant", assemble(stream(events.flatMap(cutDelta))))).toEqual(turn);
      expect(decodeTurn("assistant", assemble(stream(lateSignatures(events.flatMap(cutDelta)))))).toEqual(turn);
    });
  }
});

describe("events that are written and read again are the same", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const isOurs = (part: OutputPart) => !("signature" in part) || part.signature?.vendor !== "gemini";
    const parts = randomParts(seededRandom(seed)).filter((part) => isOurs(part) && !isUnreadable(part));
    const usage = { inputTokens: 5, cacheReadTokens: 4, cacheWriteTokens: 3, outputTokens: 2, reasoningTokens: 1 };
    const answer: LlmAnswer = {
      id: "msg_7",
      model: "alias",
      choices: [{ parts, finish: FINISH }],
      usage,
      rawUsage: {},
    };
    const expected = { id: "msg_7", model: "alias", usage, choices: answer.choices };

    test(`seed ${seed}`, () => {
      const frames = stream(unfoldAnswer(answer));
      const decoder = messagesUpstream.decodeStream(decodeContext());
      const events = frames.flatMap(({ event, data }) => decoder.push(event, JSON.stringify(data)));
      expect(decoder.end()).toEqual([]);
      expect(foldEvents(events)).toMatchObject({ kind: "answer", answer: expected });
      const message = wire(messagesClient.encodeAnswer(answer, answerContext()));
      expect(messagesUpstream.decodeAnswer(message, decodeContext())).toMatchObject(expected);
    });
  }
});

/** An upstream reads packed signatures as Anthropic's own: they are opaque to it, as they must be. */
function isUnreadable(part: OutputPart): boolean {
  return part.type === "reasoning" && part.signature?.vendor !== "anthropic";
}

function cutDelta(event: LlmEvent): LlmEvent[] {
  if (event.type !== "delta" || event.text.length < 2) return [event];
  return [event.text.slice(0, 1), event.text.slice(1)].map((text) => ({ ...event, text }));
}

/** A block's signature right before its end, wherever it stood. */
function lateSignatures(events: readonly LlmEvent[]): LlmEvent[] {
  const held: LlmEvent[] = [];
  return events.flatMap((event) => {
    if (event.type === "signature") {
      held.push(event);
      return [];
    }
    return event.type === "block_end" ? [...held.splice(0), event] : [event];
  });
}
