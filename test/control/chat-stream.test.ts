import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gate, stream } from "../support/fake-vendor.ts";
import { type Cut, readFrames, TRANSPORTS, type Transport } from "../support/live-reader.ts";
import { seededRandom } from "../support/random.ts";
import { CHAT_STREAM_WITH_USAGE, event, MESSAGE_START } from "../support/samples.ts";
import { eventually } from "../support/stream-reader.ts";
import { type ChatApp, Collected, spoken, startChat } from "./chat-fixture.ts";

let app: ChatApp;
beforeAll(async () => {
  app = await startChat();
});
afterAll(() => app.close());

const pickCut = (random: () => number): Cut =>
  random() < 0.5 ? { bytes: random() * 1000, afterMs: 300 } : { afterMs: random() * 200 };
const WORDS = ["Once ", "upon ", "a ", "time ", "there ", "was ", "a ", "🦊", "."];
const WHOLE = WORDS.join("");

describe("chatStream", () => {
  test("that is cut after every piece and resumed misses nothing and repeats nothing", async () => {
    const gates = WORDS.map(() => gate());
    app.vendor.otherwise(spoken(WORDS, gates));
    const { answers } = await app.say({ text: "go", models: ["gpt"] });
    const got = new Collected();
    for (const [index] of WORDS.entries()) {
      const live = app.watch(answers[0].id, got.seq);
      gates[index]!.open();
      got.add(await live.next());
      await live.stop();
      expect(got.text).toBe(WORDS.slice(0, index + 1).join(""));
    }
    const { text, end } = await app.follow(answers[0].id, got.seq);
    expect([text, end.__typename, end.message.text]).toEqual(["", "ChatFinished", WHOLE]);
  });

  test("that is cut anywhere, over both transports, adds up to the answer", async () => {
    const random = seededRandom(11);
    const words = Array.from({ length: 60 }, (_, index) => `${index}🦊 `);
    const gates = words.map(() => gate());
    app.vendor.otherwise(spoken(words, gates));
    const { answers } = await app.say({ text: "go", models: ["gpt"] });
    const query = `subscription ($afterSeq: Int!) { chatStream(messageId: "${answers[0].id}", afterSeq: $afterSeq) {
      __typename ... on ChatDelta { seq text reasoning toolCalls { index } } ... on ChatFinished { message { text } } } }`;
    const follow = async (transport: Transport) => {
      const got = new Collected();
      for (;;) {
        const cut = pickCut(random);
        const variables = { afterSeq: got.seq };
        for await (const frame of readFrames(transport, { url: `${app.url}/graphql`, query, variables }, cut)) {
          if (frame.__typename === "ChatFinished") return [got.text, frame.message.text];
          got.add(frame);
        }
      }
    };
    const readers = TRANSPORTS.flatMap((transport) => [1, 2, 3, 4].map(() => follow(transport)));
    for (const each of gates) {
      each.open();
      await Bun.sleep(random() * 20);
    }
    for (const texts of await Promise.all(readers)) expect(texts).toEqual([words.join(""), words.join("")]);
  });

  test("tells several readers the same, each at its own pace", async () => {
    const gates = WORDS.map(() => gate());
    app.vendor.otherwise(spoken(WORDS, gates));
    const { answers } = await app.say({ text: "go", models: ["gpt"] });
    const early = app.follow(answers[0].id);
    for (const each of gates.slice(0, 5)) each.open();
    const late = app.follow(answers[0].id, 3);
    for (const each of gates.slice(5)) each.open();
    expect((await early).text).toBe(WHOLE);
    expect((await late).text).toBe(WHOLE.slice(3));
    expect((await app.follow(answers[0].id)).text).toBe(WHOLE);
  });

  test("of an answer that is long over gives the rest from every place", async () => {
    app.vendor.otherwise(spoken(WORDS));
    const { answers } = await app.say({ text: "go", models: ["gpt"] });
    await app.follow(answers[0].id);
    for (const seq of [0, 1, 7, WHOLE.length - 1, WHOLE.length, WHOLE.length + 50]) {
      const { text, end } = await app.follow(answers[0].id, seq);
      expect([text, end.cursor]).toEqual([WHOLE.slice(seq), String(Math.max(seq, WHOLE.length))]);
    }
  });

  test("puts what comes within a moment into one frame", async () => {
    const many = Array.from({ length: 500 }, (_, index) => `${index} `);
    app.vendor.otherwise(spoken(many));
    const { answers } = await app.say({ text: "go", models: ["gpt"] });
    const startedAt = performance.now();
    const live = app.watch(answers[0].id);
    let frames = 0;
    for (let event = await live.next(); event.__typename === "ChatDelta"; event = await live.next()) frames++;
    expect(frames).toBeLessThanOrEqual((performance.now() - startedAt) / 33 + 1);
  });

  test("of a stranger's message, or from before its beginning, is refused", async () => {
    await expect(app.watch("msg_0199f2f0-0000-7000-8000-000000000000").next()).rejects.toBeDefined();
    app.vendor.otherwise(stream(CHAT_STREAM_WITH_USAGE));
    const { answers } = await app.say({ text: "go", models: ["gpt"] });
    await app.follow(answers[0].id);
    await expect(app.watch(answers[0].id, -1).next()).rejects.toBeDefined();
  });

  test("ends when the conversation is deleted, and the upstream is let go", async () => {
    const first = gate();
    first.open();
    app.restart(spoken(["half", "never"], [first, gate()]));
    const { conversation, answers } = await app.say({ text: "go", models: ["gpt"] });
    const live = app.watch(answers[0].id);
    expect(await live.next()).toMatchObject({ text: "half" });
    await app.ask(`mutation { deleteConversations(input: { ids: ["${conversation.id}"] }) { deletedIds } }`);
    await app.vendor.calls[0]!.left;
    expect(await app.message(answers[0].id)).toBeNull();
  });
});

describe("an answer whose browser has left", () => {
  test("comes to its end and is kept", async () => {
    const gates = WORDS.map(() => gate());
    app.vendor.otherwise(spoken(WORDS, gates));
    const { answers } = await app.say({ text: "go", models: ["gpt"] });
    const live = app.watch(answers[0].id);
    gates[0]!.open();
    await live.next();
    await live.stop();
    for (const each of gates) each.open();
    await eventually(async () => (await app.message(answers[0].id)).state === "DONE");
    expect((await app.message(answers[0].id)).text).toBe(WHOLE);
  });

  test("is saved while it comes", async () => {
    const first = gate();
    first.open();
    const last = gate();
    app.vendor.otherwise(spoken(["half", " and half"], [first, last]));
    const { answers } = await app.say({ text: "go", models: ["gpt"] });
    const stored = () => app.app.control.store.chats.message(answers[0].id);
    await eventually(async () => (await stored())?.text === "half");
    expect((await stored())?.state).toBe("streaming");
    last.open();
    expect((await app.follow(answers[0].id)).text).toBe("half and half");
  });
});

describe("thoughts", () => {
  test("come beside the words and are kept, but not sent again", async () => {
    const thinking = { type: "thinking", thinking: "", signature: "" };
    app.restart(
      stream([
        MESSAGE_START,
        event({ type: "content_block_start", index: 0, content_block: thinking }),
        event({ type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "Hm, " } }),
        event({ type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "a fox." } }),
        event({ type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "c2ln" } }),
        event({ type: "content_block_stop", index: 0 }),
        event({ type: "content_block_start", index: 1, content_block: { type: "text", text: "" } }),
        event({ type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "A 🦊" } }),
        event({ type: "content_block_stop", index: 1 }),
        event({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 9 } }),
        event({ type: "message_stop" }),
      ]),
    );
    const { conversation, answers } = await app.say({ text: "go", models: ["claude"] });
    expect(await app.follow(answers[0].id)).toMatchObject({ reasoning: "Hm, a fox.", text: "A 🦊" });
    expect(await app.follow(answers[0].id, 4)).toMatchObject({ reasoning: "a fox.", text: "A 🦊" });
    expect(await app.follow(answers[0].id, 12)).toMatchObject({ reasoning: "", text: "🦊" });
    const second = await app.say({ conversationId: conversation.id, text: "more", models: ["claude"] });
    await app.follow(second.answers[0].id);
    expect(app.vendor.calls[1]!.text).not.toContain("Hm, ");
  });
});

describe("a store that cannot be written", () => {
  test("costs no answer: it is stored when that is possible again", async () => {
    const { chats } = app.app.control.store;
    const { saveAnswers } = chats;
    let refusals = 0;
    Object.assign(chats, { saveAnswers: () => Promise.reject(new Error(`full ${++refusals}`)) });
    app.restart(spoken(WORDS));
    const { answers } = await app.say({ text: "go", models: ["gpt"] });
    expect(await app.follow(answers[0].id)).toMatchObject({ text: WHOLE, end: { __typename: "ChatFinished" } });
    await eventually(() => refusals > 0);
    expect((await chats.message(answers[0].id))?.state).toBe("queued");
    Object.assign(chats, { saveAnswers });
    await eventually(async () => (await chats.message(answers[0].id))?.state === "done");
    expect((await chats.message(answers[0].id))?.text).toBe(WHOLE);
  });
});

describe("after a restart", () => {
  test("an answer that was coming has failed, with what had come", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "sluice-chat-"));
    const first = await startChat({ dataDir });
    const opened = gate();
    opened.open();
    first.vendor.otherwise(spoken(["half", "never"], [opened, gate()]));
    const { answers } = await first.say({ text: "go", models: ["gpt"] });
    const live = first.watch(answers[0].id);
    await live.next();
    first.vendor.otherwise(spoken(["whole"]));
    const ended = await first.say({ text: "go", models: ["gpt"] });
    const { end } = await first.follow(ended.answers[0].id);
    // As a killed process leaves it.
    const { chats } = first.app.control.store;
    const row = (await chats.message(end.message.id))!;
    await chats.saveAnswers([{ id: row.id, patch: patchOf({ ...row, state: "streaming" }) }]);
    await first.close();

    const second = await startChat({ dataDir });
    for (const [id, text] of [
      [answers[0].id, "half"],
      [end.message.id, "whole"],
    ] as const) {
      const message = await second.message(id);
      expect(message).toMatchObject({ state: "ERROR", text, error: { errorClass: "CANCELLED" } });
      expect(await second.follow(id)).toMatchObject({ text, end: { __typename: "ChatFailed" } });
    }
    await second.close();
    await rm(dataDir, { recursive: true });
  });
});

function patchOf(row: NonNullable<Awaited<ReturnType<ChatApp["app"]["control"]["store"]["chats"]["message"]>>>) {
  const { text, reasoning, toolCalls, layout, state, requestId, finishReason, error, usage, costNanoUsd, endedAt } =
    row;
  return { text, reasoning, toolCalls, layout, state, requestId, finishReason, error, usage, costNanoUsd, endedAt };
}
