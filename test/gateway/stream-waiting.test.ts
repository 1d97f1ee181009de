import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type Gate, gate, inTurn, json, never, type Reply, stream, streamThen } from "../support/fake-vendor.ts";
import {
  CHAT_FRAMES,
  CHAT_STREAM,
  event,
  GEMINI_STREAM,
  MESSAGE_CONTENT,
  MESSAGE_START,
  MESSAGE_STREAM,
  openAiError,
  responseStream,
} from "../support/samples.ts";
import { StreamReader } from "../support/stream-reader.ts";
import { allGivenBack, type Gateway, provider, startGateway } from "./fixture.ts";

/** Signs of life come after 250 ms, the shortest that the settings allow; the upstream may take its time. */
let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    providers: (vendor) => [
      provider("openai", `${vendor.origin}/v1`, ["sk-1", "sk-2"]),
      provider("anthropic", vendor.origin, ["ant-1"]),
      provider("gemini", vendor.origin, ["gm-1"]),
    ],
    models: [
      { name: "gpt", targets: [{ provider: "openai", model: "gpt" }] },
      { name: "opus", targets: [{ provider: "anthropic", model: "opus" }] },
      { name: "pro", targets: [{ provider: "gemini", model: "pro" }] },
    ],
    settings: {
      pingIntervalMs: 250,
    },
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.restart(never));

const PING = ": ping\n\n";
const CHAT = ["/v1/chat/completions", { model: "gpt", stream: true }] as const;
const MESSAGES = ["/v1/messages", { model: "opus", stream: true }] as const;

/** Waits at the gate, then goes on. */
function held(go: Gate, reply: Reply): Reply {
  return async (call) => {
    await go.opened;
    await reply(call);
  };
}

describe("while the upstream says nothing at all", () => {
  const waiting: [what: string, path: string, body: object, whole: readonly string[]][] = [
    ["chat", ...CHAT, CHAT_STREAM],
    ["messages", ...MESSAGES, MESSAGE_STREAM],
    ["gemini", "/v1beta/models/pro:streamGenerateContent?alt=sse", {}, GEMINI_STREAM],
    ["responses", "/v1/responses", { model: "gpt", stream: true }, responseStream()],
  ];
  test.each(waiting)(
    "a %s client gets its headers and comment frames, then the answer",
    async (_, path, body, whole) => {
      const go = gate();
      gateway.vendor.otherwise(held(go, stream(whole)));
      const settled = gateway.nextRecord();
      const response = await gateway.post(path, body);
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toStartWith("text/event-stream");
      const reader = new StreamReader(response);
      await reader.until(PING + PING);
      go.open();
      expect((await reader.rest()).replaceAll(PING, "")).toBe(whole.join(""));
      expect((await settled).status).toBe("success");
    },
  );

  test("a JSON array client gets its headers, and an array", async () => {
    const go = gate();
    gateway.vendor.otherwise(held(go, stream(GEMINI_STREAM)));
    const response = await gateway.post("/v1beta/models/pro:streamGenerateContent", {}); // comes before the answer does
    go.open();
    expect(await response.json()).toHaveLength(3);
  });

  test("another key is still tried after the first comment, and the client sees only its answer", async () => {
    const go = gate();
    gateway.vendor.otherwise(inTurn(held(go, json(openAiError("boom", "server_error"), 500)), stream(CHAT_STREAM)));
    const settled = gateway.nextRecord();
    const reader = new StreamReader(await gateway.post(...CHAT));
    await reader.until(PING);
    go.open();
    expect((await reader.rest()).replaceAll(PING, "")).toBe(CHAT_STREAM.join(""));
    expect((await settled).attempts.map(({ outcome }) => outcome)).toEqual(["rejected", "ok"]);
  });

  test("a failure after the first comment comes as an error inside the stream", async () => {
    const go = gate();
    gateway.vendor.otherwise(held(go, json(openAiError("boom", "server_error"), 500)));
    const settled = gateway.nextRecord();
    const reader = new StreamReader(await gateway.post(...CHAT));
    await reader.until(PING);
    go.open();
    const text = (await reader.rest()).replaceAll(PING, "");
    expect(text).toMatch(/^data: \{"error":\{.*\}\}\n\n$/);
    expect(text).not.toContain("[DONE]");
    expect(await settled).toMatchObject({ status: "error", errorClass: "upstream_error" });
  });

  test("the client's own fault after the first comment keeps the upstream's words", async () => {
    const go = gate();
    gateway.vendor.otherwise(held(go, json(openAiError('Grüße: "max_tokens" is wrong'), 400)));
    const settled = gateway.nextRecord();
    const reader = new StreamReader(await gateway.post(...CHAT));
    await reader.until(PING);
    go.open();
    const text = (await reader.rest()).replaceAll(PING, "");
    expect(JSON.parse(text.slice(6))).toMatchObject({ error: { message: 'Grüße: "max_tokens" is wrong' } });
    expect(await settled).toMatchObject({ status: "error", errorClass: "invalid_request" });
    expect(gateway.vendor.calls).toHaveLength(1);
  });
});

describe("once content has begun", () => {
  test("a chat client gets comments", async () => {
    const go = gate();
    gateway.vendor.otherwise(
      streamThen(
        CHAT_FRAMES.slice(0, 2),
        held(go, async (call) => {
          for (const frame of CHAT_STREAM.slice(2)) await call.chunk(frame);
          await call.end();
        }),
      ),
    );
    const reader = new StreamReader(await gateway.post(...CHAT));
    await reader.until(CHAT_FRAMES[1]! + PING);
    go.open();
    expect((await reader.rest()).replaceAll(PING, "")).toBe(CHAT_STREAM.join(""));
  });

  test("a messages client gets Anthropic's own ping events", async () => {
    const go = gate();
    const first = [MESSAGE_START, ...MESSAGE_CONTENT.slice(0, 2)];
    gateway.vendor.otherwise(
      streamThen(
        first,
        held(go, async (call) => {
          for (const frame of MESSAGE_STREAM.slice(4)) await call.chunk(frame);
          await call.end();
        }),
      ),
    );
    const reader = new StreamReader(await gateway.post(...MESSAGES));
    const ping = event({ type: "ping" });
    await reader.until(first.join("") + ping);
    go.open();
    expect((await reader.rest()).replaceAll(ping, "").replaceAll(PING, "")).toBe(
      first.join("") + MESSAGE_STREAM.slice(4).join(""),
    );
  });

  test("a JSON array client gets white space", async () => {
    const go = gate();
    gateway.vendor.otherwise(
      streamThen(
        GEMINI_STREAM.slice(0, 1),
        held(go, async (call) => {
          await call.chunk(GEMINI_STREAM[2]!);
          await call.end();
        }),
      ),
    );
    const reader = new StreamReader(await gateway.post("/v1beta/models/pro:streamGenerateContent", {}));
    await reader.until("}\n");
    go.open();
    expect(JSON.parse(await reader.rest())).toHaveLength(2);
  });
});

/** A chat whose client can leave at any time. */
function askAndMayLeave(body: object): { readonly asked: Promise<Response>; leave(): void } {
  const leaving = new AbortController();
  const asked = fetch(`${gateway.url}${CHAT[0]}`, {
    method: "POST",
    headers: { authorization: "Bearer sk-test-client-0123456789", "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: leaving.signal,
  });
  return { asked, leave: () => leaving.abort() };
}

describe("a client that leaves", () => {
  const leaveAt: [what: string, reply: Reply, until: string | null][] = [
    ["before the headers", never, null],
    ["while it gets comments", never, PING],
    ["in the middle of the answer", streamThen(CHAT_FRAMES.slice(0, 2), never), CHAT_FRAMES[1]!],
  ];
  test.each(leaveAt)("%s stops the upstream, and one record says so", async (_, reply, until) => {
    gateway.vendor.otherwise(reply);
    const before = gateway.records.length;
    const logged = gateway.logLines.length;
    const settled = gateway.nextRecord();
    const { asked, leave } = askAndMayLeave(CHAT[1]);
    const call = await gateway.vendor.call(1);
    if (until === null) {
      leave();
      await asked.catch(() => {});
    } else {
      const reader = new StreamReader(await asked);
      await reader.until(until);
      leave();
    }
    await call.left; // times out when the upstream goes on
    const record = await settled;
    expect(record).toMatchObject({ status: "cancelled", httpStatus: 499, errorClass: "client_closed" });
    await allGivenBack(gateway);
    const blamed = record.attempts.filter(({ cooldownMs }) => cooldownMs !== null);
    expect(blamed).toEqual([]);
    if (until?.startsWith("data:")) {
      expect(record.usageSource).toBe("estimated");
      expect(record.usage!.outputTokens).toBeGreaterThan(0);
      expect(record.usage!.inputTokens).toBeGreaterThan(0);
    } else {
      expect(record.usage).toBeNull();
    }
    expect(gateway.records.length - before).toBe(1);
    expect(gateway.vendor.calls).toHaveLength(1);
    expect(gateway.logLines.slice(logged).filter((line) => /failed/.test(line))).toEqual([]);
  });

  test("just before the answer begins is noticed when it does", async () => {
    const go = gate();
    gateway.vendor.otherwise(held(go, streamThen(CHAT_FRAMES.slice(0, 2), never)));
    const settled = gateway.nextRecord();
    const { asked, leave } = askAndMayLeave(CHAT[1]);
    const call = await gateway.vendor.call(1);
    leave();
    await asked.catch(() => {});
    await fetch(`${gateway.url}/health`); // by now the gateway has seen the end of the connection
    go.open();
    await call.left;
    expect(await settled).toMatchObject({ status: "cancelled", httpStatus: 499 });
    await allGivenBack(gateway);
  });

  test("from an answer that is no stream stops the upstream too", async () => {
    const settled = gateway.nextRecord();
    const { asked, leave } = askAndMayLeave({ model: "gpt" });
    const call = await gateway.vendor.call(1);
    leave();
    await asked.catch(() => {});
    await call.left;
    expect(await settled).toMatchObject({ status: "cancelled", httpStatus: 499, errorClass: "client_closed" });
    await allGivenBack(gateway);
  });

  test("keeps what Anthropic said of its input", async () => {
    gateway.vendor.otherwise(streamThen([MESSAGE_START, ...MESSAGE_CONTENT.slice(0, 2)], never));
    const settled = gateway.nextRecord();
    const reader = new StreamReader(await gateway.post(...MESSAGES));
    await reader.until("Grüße");
    await reader.leave();
    const record = await settled;
    expect(record).toMatchObject({ status: "cancelled", usageSource: "estimated" });
    expect(record.usage).toMatchObject({ inputTokens: 800, cacheReadTokens: 200 });
  });
});

describe("an administrator who stops a request", () => {
  const stop = async () => {
    await gateway.vendor.call(1);
    const [running] = gateway.app.gateway.inFlight.list();
    expect(gateway.app.gateway.inFlight.cancel(running!.id)).toBe(true);
    return running!.id;
  };

  test("before its answer ends it with a 503 that SDKs do not repeat", async () => {
    const settled = gateway.nextRecord();
    const asked = gateway.post("/v1/chat/completions", { model: "gpt" });
    const id = await stop();
    const response = await asked;
    expect(response.status).toBe(503);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(response.headers.get("x-request-id")).toBe(id);
    expect(await response.json()).toMatchObject({ error: { code: "request_cancelled" } });
    expect(await settled).toMatchObject({ status: "cancelled", errorClass: "cancelled", id });
    await gateway.vendor.calls[0]!.left;
    await allGivenBack(gateway);
  });

  test("in the middle of a stream ends it with an error of its format", async () => {
    gateway.vendor.otherwise(streamThen(CHAT_FRAMES.slice(0, 2), never));
    const settled = gateway.nextRecord();
    const reader = new StreamReader(await gateway.post(...CHAT));
    await reader.until(CHAT_FRAMES[1]!);
    await stop();
    const text = await reader.rest();
    expect(text).toEndWith("}}\n\n");
    expect(text).toContain('"code":"request_cancelled"');
    expect(await settled).toMatchObject({ status: "cancelled", errorClass: "cancelled", usageSource: "estimated" });
    await gateway.vendor.calls[0]!.left;
    await allGivenBack(gateway);
  });

  test("in the middle of audio is not taken for a client that left", async () => {
    gateway.vendor.otherwise(async (call) => {
      await call.head(200, { "content-type": "audio/mpeg", "transfer-encoding": "chunked" });
      await call.chunk("ID3");
    });
    const settled = gateway.nextRecord();
    const reader = new StreamReader(await gateway.post("/v1/audio/speech", { model: "gpt", input: "a" }));
    await reader.until("ID3");
    await stop();
    await reader.rest().catch(() => {});
    expect(await settled).toMatchObject({ status: "cancelled", errorClass: "cancelled" });
    await allGivenBack(gateway);
  });

  test("of a request that is over does nothing", () => {
    expect(gateway.app.gateway.inFlight.cancel("req_none")).toBe(false);
  });
});
