import { describe, expect, test } from "bun:test";
import { foldEvents, type LlmAnswer, unfoldAnswer } from "../../src/llm/answer.ts";
import type { ProtocolId } from "../../src/llm/names.ts";
import { withResultNames } from "../../src/llm/pairing.ts";
import type { LlmRequest } from "../../src/llm/request.ts";
import { clientCodecs, upstreamCodecs } from "../../src/protocols/index.ts";
import { traitsOf } from "../../src/providers/traits.ts";
import { readFrames } from "../support/streams/sse-frames.ts";
import { answerCases, toldBy, withoutItemId } from "./round-trip/answers.ts";
import { LIMITS, type Limits } from "./round-trip/limits.ts";
import { BASE, fieldCases, messageCases } from "./round-trip/requests.ts";
import { withoutPaths } from "./without-paths.ts";

/**
 * decode(encode(x)) is x for every field of the neutral model and every format, but for what round-trip/limits.ts names: that table
 * is exact, so a format that learns to carry something must be taken off it.
 */
const cases = LIMITS.map((limits) => [limits.name, limits] as const);
const wire = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

describe.each(cases)("a request in %s", (_name, { id, kind, own, request }) => {
  const base = { ...BASE, model: own.model, includeUsage: id !== "openai-chat" };

  /** What is read of what was written, and what was left out; null: it was refused. */
  const again = (given: LlmRequest) => {
    const target = { kind, model: given.model, traits: traitsOf(kind, given.model), quirks: new Set<never>() };
    const client = clientCodecs[id];
    try {
      const { body, dropped } = upstreamCodecs[id].encodeRequest(given, { ...target, fieldName: client.fieldName });
      const read = client.decodeRequest(wire(body), { model: given.model, stream: given.stream });
      return { read: withResultNames(withoutPaths(read)), dropped };
    } catch (error) {
      expect(error).toMatchObject({ status: 400 });
      return null;
    }
  };

  for (const [name, change] of Object.entries({ ...fieldCases(own), ...messageCases(own) })) {
    const given = { ...base, ...change };
    const { lost = {}, changed = {} } = request;
    if (name in lost) {
      test(`loses ${name}, and says so: ${lost[name]}`, () => {
        expect(again(given)?.dropped ?? ["refused"]).not.toBeEmpty();
      });
    } else if (name in changed) {
      test(`carries ${name} in another form: ${changed[name]}`, () => {
        const result = again(given);
        expect(result?.dropped).toEqual([]);
        expect(Bun.deepEquals(result?.read, given)).toBe(false);
        // Whatever becomes of thoughts, they are never said aloud.
        if (name.startsWith("its thoughts")) expect(JSON.stringify(result?.read)).not.toMatch(/"text","text":"plan/);
      });
    } else {
      test(`keeps ${name}`, () => {
        expect(again(given)).toEqual({ read: given, dropped: [] });
      });
    }
  }
});

describe.each(cases)("an answer in %s", (_name, limits) => {
  const { answer, wholeAnswer, own } = limits;
  const forms = [
    { form: "", reasons: { ...answer, ...wholeAnswer }, again: whole },
    { form: " in a stream", reasons: answer, again: streamed },
  ];
  for (const [name, given] of Object.entries(answerCases(own.signature))) {
    for (const { form, reasons, again } of forms) {
      const reason = reasons[name];
      test(reason === undefined ? `keeps ${name}${form}` : `does not keep ${name}${form}: ${reason}`, () => {
        const told = toldBy(again(limits, given));
        if (reason === undefined) expect(told).toEqual(toldBy(given));
        else expect(Bun.deepEquals(told, toldBy(given))).toBe(false);
      });
    }
  }
});

describe.each(cases)("an answer as a part of the next request in %s", (_name, { id, kind, own, echo }) => {
  for (const [name, given] of Object.entries(answerCases(own.signature))) {
    test(`${echo[name] === undefined ? "keeps" : "does not keep"} ${name}`, () => {
      const { writing } = contexts(id, kind, own.model);
      const body = ECHOES[id](wire(clientCodecs[id].encodeAnswer(given, writing)) as Json);
      const { messages } = withoutPaths(clientCodecs[id].decodeRequest(body, { model: own.model, stream: false }));
      const parts = messages.flatMap((message) =>
        message.role === "assistant" ? message.parts.map(withoutItemId) : [],
      );
      const expected = given.choices[0]!.parts;
      if (echo[name] === undefined) expect(parts).toEqual([...expected]);
      else expect(Bun.deepEquals(parts, expected)).toBe(false);
    });
  }
});

// biome-ignore lint/suspicious/noExplicitAny: an answer of any format
type Json = any;

/** What applications do with an answer to go on from it. */
const ECHOES: Readonly<Record<ProtocolId, (answer: Json) => object>> = {
  "openai-chat": ({ choices }) => ({ model: "m", messages: [choices[0].message] }),
  "openai-responses": ({ output }) => ({ model: "m", input: output }),
  "anthropic-messages": ({ content }) => ({ model: "m", max_tokens: 9, messages: [{ role: "assistant", content }] }),
  gemini: ({ candidates }) => ({ contents: [candidates[0].content] }),
};

test("the table names no case that there is not", () => {
  for (const { own, request, answer, wholeAnswer, echo } of LIMITS) {
    const requests = new Set(Object.keys({ ...fieldCases(own), ...messageCases(own) }));
    const answers = new Set(Object.keys(answerCases(own.signature)));
    const named = [...Object.keys(request.lost ?? {}), ...Object.keys(request.changed ?? {})];
    expect(named.filter((name) => !requests.has(name))).toEqual([]);
    expect(Object.keys({ ...answer, ...wholeAnswer, ...echo }).filter((name) => !answers.has(name))).toEqual([]);
  }
});

function contexts(id: ProtocolId, kind: Limits["kind"], model: string) {
  let calls = 0;
  const request = { ...BASE, model, includeUsage: true };
  return {
    writing: { requestId: "req_1", model, createdAtMs: 0, request, body: { model } },
    reading: { kind, model, toolNames: new Map<string, string>(), newCallId: () => `${id}_${++calls}` },
  };
}

function whole({ id, kind, own }: Limits, given: LlmAnswer): LlmAnswer {
  const { writing, reading } = contexts(id, kind, own.model);
  return upstreamCodecs[id].decodeAnswer(wire(clientCodecs[id].encodeAnswer(given, writing)), reading);
}

function streamed({ id, kind, own }: Limits, given: LlmAnswer): LlmAnswer {
  const { writing, reading } = contexts(id, kind, own.model);
  const encoder = clientCodecs[id].encodeStream(writing);
  const text =
    unfoldAnswer(given)
      .map((event) => encoder.push(event))
      .join("") + encoder.end();
  const decoder = upstreamCodecs[id].decodeStream(reading);
  const events = readFrames(text).flatMap(({ event, data }) => [...decoder.push(event, data ?? "")]);
  const folded = foldEvents([...events, ...(decoder.end() ?? [])]);
  if (folded.kind !== "answer") throw new Error(folded.kind);
  return folded.answer;
}
