import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import type { AlertMessage } from "../../src/store/alert-types.ts";
import { type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { startMailServer } from "../support/fake-mail-server.ts";

interface Heard {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly text: string;
  readonly body: Answer;
}

let server: AdminServer;
let heard: Heard[] = [];
let answer: () => Response = () => new Response("ok");
const receiver = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const text = await request.text();
    const url = new URL(request.url);
    heard.push({
      path: url.pathname + url.search,
      headers: Object.fromEntries(request.headers),
      text,
      body: JSON.parse(text),
    });
    return answer();
  },
});
const there = `http://127.0.0.1:${receiver.port}`;
beforeAll(async () => {
  server = await startAdminServer();
});
beforeEach(() => {
  heard = [];
  answer = () => new Response("ok");
});
afterAll(async () => {
  await server.stop();
  await receiver.stop(true);
});

const FIELDS = "alertChannel { id kind targetPreview version } signingSecret userErrors { code field message }";
async function create(config: object, name: string = crypto.randomUUID()): Promise<Answer> {
  const { data, text } = await server.ask(
    `mutation ($input: CreateAlertChannelInput!) { createAlertChannel(input: $input) { ${FIELDS} } }`,
    { input: { name, config } },
  );
  if (!data) throw new Error(text);
  return data.createAlertChannel;
}
async function testChannel(id: string): Promise<Answer> {
  const { data } = await server.ask(
    `mutation ($id: ID!) { testAlertChannel(input: { id: $id }) {
      delivery { state message title httpStatus answer attempts } userErrors { code }
    } }`,
    { id },
  );
  return data.testAlertChannel.delivery;
}
const message: AlertMessage = {
  what: "OPENED",
  severity: "CRITICAL",
  title: "Key one of main is refused <!channel> @all",
  alerts: [
    {
      id: "alr_1",
      title: "Key one of main is refused <!channel> @all",
      detail: "HTTP 401: *no*",
      openedAt: 0,
      resolvedAt: null,
    },
  ],
  total: 1,
  rule: { id: "arl_1", name: "refused", kind: "KEY_INVALID" },
  at: 1_800_000_000_000,
};
/** Says `message` over a channel, as the watch would. */
async function say(id: string, change: Partial<AlertMessage> = {}) {
  await server.store.alerts.save(
    [],
    [{ channelId: id, message: { ...message, ...change }, createdAt: server.control.now() }],
  );
  server.control.alertOutbox.wake();
  await server.control.alertOutbox.run();
}
const last = async (id: string) =>
  (await server.store.alertDeliveries.page(id, { limit: 1, backward: false })).rows[0]!;
const longMessage = {
  total: 60,
  alerts: Array.from({ length: 10 }, (_, index) => ({
    ...message.alerts[0]!,
    title: `密钥 ${index} ${"x".repeat(3000)}`,
  })),
};

describe("a webhook", () => {
  test("is signed as Standard Webhooks say, with a secret that is shown once", async () => {
    const { alertChannel, signingSecret } = await create({ webhook: { url: `${there}/hook?token=abc` } });
    expect(alertChannel).toMatchObject({ kind: "WEBHOOK", targetPreview: `127.0.0.1:${receiver.port}/…` });
    expect(signingSecret).toStartWith("whsec_");
    await say(alertChannel.id);
    const [{ path, headers, text, body }] = heard as [Heard];
    expect(path).toBe("/hook?token=abc");
    const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${text}`;
    const key = Buffer.from(signingSecret.slice("whsec_".length), "base64");
    expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
    expect(Math.abs(Number(headers["webhook-timestamp"]) * 1000 - server.control.now())).toBeLessThan(5000);
    expect(body).toMatchObject({
      type: "alert.opened",
      data: { severity: "CRITICAL", rule: { kind: "KEY_INVALID" }, alerts: [{ id: "alr_1", resolvedAt: null }] },
    });
    const shown = await server.ask(`{ alertChannels { name targetPreview lastDelivery { state answer } } }`);
    expect(shown.text).not.toContain(signingSecret);
    expect(shown.text).not.toContain("token=abc");
  });

  test("is tried again with the same id until it is taken, and the log says what was answered", async () => {
    const { alertChannel } = await create({ webhook: { url: `${there}/again` } });
    answer = () => new Response("not now", { status: 503, headers: { "retry-after": "20" } });
    await say(alertChannel.id);
    expect(await last(alertChannel.id)).toMatchObject({
      state: "PENDING",
      attempts: 1,
      httpStatus: 503,
      answer: "not now",
    });
    server.advance(19_000);
    await server.control.alertOutbox.run();
    expect(heard).toHaveLength(1);
    answer = () => new Response("thanks");
    server.advance(2000);
    await server.control.alertOutbox.run();
    expect(await last(alertChannel.id)).toMatchObject({ state: "DELIVERED", attempts: 2, answer: "thanks" });
    expect(heard[1]!.headers["webhook-id"]).toBe(heard[0]!.headers["webhook-id"]!);
    const { data } = await server.ask(
      "query ($id: ID!) { alertChannel(id: $id) { deliveries(first: 5) { totalCount nodes { state attempts title answer } } } }",
      { id: alertChannel.id },
    );
    expect(data.alertChannel.deliveries).toMatchObject({ totalCount: 1, nodes: [{ state: "DELIVERED", attempts: 2 }] });
  });

  test("that is refused is not tried again; an answer is kept in bounds and without control characters", async () => {
    const { alertChannel } = await create({ webhook: { url: `${there}/gone` } });
    answer = () => new Response(`no\u0000 such\nhook ${"x".repeat(5000)}`, { status: 410 });
    await say(alertChannel.id);
    const delivery = await last(alertChannel.id);
    expect(delivery).toMatchObject({ state: "FAILED", nextAttemptAt: null, httpStatus: 410 });
    expect(delivery.answer).toStartWith("no such hook xxx");
    expect(delivery.answer!.length).toBeLessThanOrEqual(500);
  });

  test("does not lead where nobody may go, and a refused channel is not written", async () => {
    for (const url of ["http://169.254.169.254/latest", "http://10.0.0.1/", "ftp://example.com/"]) {
      expect((await create({ webhook: { url } }, "nowhere")).userErrors).toMatchObject([
        { field: ["config", "webhook", "url"] },
      ]);
    }
    expect((await server.store.alertChannels.list()).map(({ name }) => name)).not.toContain("nowhere");
  });
});

describe("the chat services", () => {
  test("Slack: blocks, nobody called; anything but a good status is a failure", async () => {
    const { alertChannel } = await create({ slack: { url: `${there}/services/T0/B0/X` } });
    await say(alertChannel.id);
    const { body } = heard[0]!;
    expect(body.blocks[0]).toEqual({
      type: "header",
      text: { type: "plain_text", text: "[CRITICAL] Key one of main is refused <!channel> @all" },
    });
    expect(body.text).toContain("&lt;!channel&gt;");
    expect(body.blocks[1].text.text).toBe("HTTP 401: *no*");
    await say(alertChannel.id, longMessage);
    expect(heard[1]!.body.blocks.length).toBeLessThanOrEqual(50);
    for (const { text } of heard[1]!.body.blocks) expect(text.text.length).toBeLessThanOrEqual(3000);
    answer = () => new Response("invalid_payload", { status: 400 });
    expect(await testChannel(alertChannel.id)).toMatchObject({
      state: "FAILED",
      httpStatus: 400,
      answer: "invalid_payload",
    });
  });

  test("Telegram: sendMessage within 4,096 characters; ok: false is a failure", async () => {
    const telegram = { apiUrl: there, botToken: "12345:abcdefghijkl", chatId: "-100123", threadId: 7 };
    const { alertChannel } = await create({ telegram });
    expect(alertChannel.targetPreview).toBe("chat -100123 by bot 12345");
    answer = () => Response.json({ ok: true, result: {} });
    await say(alertChannel.id, longMessage);
    expect(heard[0]!.path).toBe("/bot12345:abcdefghijkl/sendMessage");
    expect(heard[0]!.body).toMatchObject({
      chat_id: "-100123",
      message_thread_id: 7,
      link_preview_options: { is_disabled: true },
    });
    expect(heard[0]!.body.text.length).toBeLessThanOrEqual(4096);
    expect(await last(alertChannel.id)).toMatchObject({ state: "DELIVERED" });
    answer = () => Response.json({ ok: false, error_code: 400, description: "Bad Request: chat not found" });
    expect(await testChannel(alertChannel.id)).toMatchObject({
      state: "FAILED",
      answer: "400 Bad Request: chat not found",
    });
  });

  test("Discord: an embed within its limits, nobody mentioned, 204 is success", async () => {
    const { alertChannel } = await create({ discord: { url: `${there}/api/webhooks/1/x` } });
    answer = () => new Response(null, { status: 204 });
    await say(alertChannel.id, { ...longMessage, title: "t".repeat(400) });
    const [embed] = heard[0]!.body.embeds;
    expect(heard[0]!.body.allowed_mentions).toEqual({ parse: [] });
    expect(embed.title.length).toBe(256);
    expect(embed.description.length).toBeLessThanOrEqual(4096);
    expect(embed).toMatchObject({ color: 0xd92d20, timestamp: "2027-01-15T08:00:00.000Z" });
    expect(await last(alertChannel.id)).toMatchObject({ state: "DELIVERED", httpStatus: 204 });
  });

  test("Feishu: signed with seconds; a code other than 0 is a failure", async () => {
    const { alertChannel } = await create({ feishu: { url: `${there}/open-apis/bot/v2/hook/x`, secret: "shh" } });
    answer = () => Response.json({ code: 0, msg: "success" });
    await say(alertChannel.id);
    const { timestamp, sign, msg_type, content } = heard[0]!.body;
    expect(sign).toBe(createHmac("sha256", `${timestamp}\nshh`).update("").digest("base64"));
    expect(String(timestamp)).toHaveLength(10);
    expect([msg_type, content.text.includes("<")]).toEqual(["text", false]);
    answer = () => Response.json({ code: 19021, msg: "sign match fail" });
    expect(await testChannel(alertChannel.id)).toMatchObject({
      state: "FAILED",
      answer: "code 19021: sign match fail",
    });
  });

  test("DingTalk: signed in the URL with milliseconds; an errcode other than 0 is a failure", async () => {
    const dingtalk = { url: `${there}/robot/send?access_token=t`, secret: "SECabc" };
    const { alertChannel } = await create({ dingtalk });
    answer = () => Response.json({ errcode: 0, errmsg: "ok" });
    await say(alertChannel.id, longMessage);
    const asked = new URL(heard[0]!.path, there).searchParams;
    const timestamp = asked.get("timestamp")!;
    expect(timestamp).toHaveLength(13);
    expect(asked.get("sign")).toBe(createHmac("sha256", "SECabc").update(`${timestamp}\nSECabc`).digest("base64"));
    expect(asked.get("access_token")).toBe("t");
    const { msgtype, markdown, at } = heard[0]!.body;
    expect([msgtype, at.isAtAll, markdown.text.includes("@")]).toEqual(["markdown", false, false]);
    expect(Buffer.byteLength(heard[0]!.text)).toBeLessThan(20_000);
    answer = () => Response.json({ errcode: 310000, errmsg: "keywords not in content" });
    expect(await testChannel(alertChannel.id)).toMatchObject({
      state: "FAILED",
      answer: "errcode 310000: keywords not in content",
    });
  });

  test("WeCom: Markdown within 4,096 bytes; an errcode other than 0 is a failure", async () => {
    const { alertChannel } = await create({ wecom: { url: `${there}/cgi-bin/webhook/send?key=k` } });
    answer = () => Response.json({ errcode: 0, errmsg: "ok" });
    await say(alertChannel.id, longMessage);
    const { content } = heard[0]!.body.markdown;
    expect(Buffer.byteLength(content)).toBeLessThanOrEqual(4096);
    expect(content).not.toContain("\ufffd");
    answer = () => Response.json({ errcode: 45009, errmsg: "api freq out of limit" });
    await say(alertChannel.id);
    expect(await last(alertChannel.id)).toMatchObject({
      state: "PENDING",
      answer: "errcode 45009: api freq out of limit",
    });
    answer = () => new Response("<html>a proxy's page</html>");
    expect(await testChannel(alertChannel.id)).toMatchObject({ state: "FAILED", answer: "the answer is not JSON" });
  });

  test("e-mail: a mail to everybody", async () => {
    const mail = await startMailServer();
    const email = {
      host: "127.0.0.1",
      port: mail.port,
      security: "NONE",
      from: "sluice@example.com",
      to: ["ops@example.com"],
    };
    const { alertChannel, userErrors } = await create({ email });
    expect(userErrors).toEqual([]);
    await say(alertChannel.id);
    expect(await last(alertChannel.id)).toMatchObject({ state: "DELIVERED", answer: "queued as 1" });
    expect(mail.mails[0]).toContain("Subject: [CRITICAL] Key one of main is refused");
    expect(mail.heard).toContain("RCPT TO:<ops@example.com>");
    await mail.stop();
    expect(await testChannel(alertChannel.id)).toMatchObject({ state: "FAILED", httpStatus: null });
    const clear = await create({ email: { ...email, username: "me", password: "x" } });
    expect(clear.userErrors).toMatchObject([{ field: ["config", "email", "security"] }]);
  });
});

describe("a channel", () => {
  test("keeps its secrets in a change, but not for another address", async () => {
    const telegram = { apiUrl: there, botToken: "12345:abcdefghijkl", chatId: "1" };
    const { alertChannel } = await create({ telegram });
    const change = async (input: object): Promise<Answer> =>
      (
        await server.ask(
          `mutation ($input: UpdateAlertChannelInput!) { updateAlertChannel(input: $input) { ${FIELDS} } }`,
          { input: { id: alertChannel.id, ...input } },
        )
      ).data.updateAlertChannel;
    const moved = await change({ config: { telegram: { apiUrl: "http://127.0.0.1:9/", chatId: "1" } } });
    expect(moved.userErrors).toMatchObject([{ code: "REQUIRED", field: ["config", "telegram", "botToken"] }]);
    const renamed = await change({ name: "chat", config: { telegram: { apiUrl: there, chatId: "2" } } });
    expect(renamed.alertChannel.targetPreview).toBe("chat 2 by bot 12345");
    answer = () => Response.json({ ok: true });
    expect(await testChannel(alertChannel.id)).toMatchObject({ state: "DELIVERED", message: "TEST" });
    expect(heard[0]!.body).toMatchObject({ chat_id: "2" });
    expect((await change({ config: { slack: { url: there } } })).userErrors).toMatchObject([{ code: "CONFLICT" }]);
    expect((await change({ expectedVersion: 1, name: "x" })).userErrors).toMatchObject([{ code: "STALE_VERSION" }]);
  });

  test("shows nothing secret, not in the database nor in the audit log", async () => {
    const secret = "SECvery-secret-canary";
    const { alertChannel } = await create({ dingtalk: { url: `${there}/canary-path`, secret } });
    await server.ask("mutation ($ids: [ID!]!) { deleteAlertChannels(input: { ids: $ids }) { deletedIds } }", {
      ids: [(await create({ slack: { url: `${there}/canary-path` } })).alertChannel.id],
    });
    const shown = await server.ask("query ($id: ID!) { alertChannel(id: $id) { name kind targetPreview } }", {
      id: alertChannel.id,
    });
    const { Glob } = Bun;
    let files = "";
    for await (const path of new Glob("sluice.db*").scan({ cwd: server.dataDir, absolute: true })) {
      files += await Bun.file(path).text();
    }
    for (const canary of ["secret-canary", "canary-path"]) {
      expect(shown.text).not.toContain(canary);
      expect(files.includes(canary)).toBe(false);
    }
    expect(server.logLines.join()).not.toContain("canary");
  });
});
