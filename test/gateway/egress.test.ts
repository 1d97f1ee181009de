import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createServer } from "node:net";
import type { Gateway as Inner } from "../../src/gateway/gateway.ts";
import { Egress, parseAllowRules } from "../../src/lib/egress.ts";
import { FakeVendor, json } from "../support/fake-vendor.ts";
import { chatAnswer } from "../support/samples.ts";
import { type Gateway, provider, startGateway } from "./fixture.ts";

const ask = (gateway: Gateway, model = "m") => gateway.send("/v1/chat/completions", { model });

/** Lets names lead where the test says, under the real policy. */
function resolveAs(gateway: Gateway, names: Record<string, readonly string[]>): void {
  const egress = new Egress({
    allow: parseAllowRules("127.0.0.0/8"),
    self: null,
    resolve: async (name) => names[name] ?? [],
  });
  (gateway.app.gateway as { egress: Inner["egress"] }).egress = egress;
}

describe("an upstream with a name", () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway({
      providers: (vendor) => [
        provider("openai", `http://api.example:${vendor.port}/v1`, ["sk-1"]),
        { ...provider("openai", `http://evil.example:${vendor.port}/v1`, ["sk-2"]), name: "evil" },
        {
          ...provider("openai", `${vendor.origin}/v1`, []),
          name: "proxied",
          keys: [{ name: "k", secret: "sk-3", proxyUrl: "http://proxy.example:3128" }],
        },
      ],
      models: [
        { name: "m", targets: [{ provider: "openai", model: "m" }] },
        { name: "evil", targets: [{ provider: "evil", model: "m" }] },
      ],
      reply: json(chatAnswer()),
    });
  });
  afterAll(() => gateway.close());

  test("is called at the checked address, under its name", async () => {
    resolveAs(gateway, { "api.example": ["127.0.0.1"] });
    const { status, calls } = await ask(gateway);
    expect(status).toBe(200);
    expect(calls[0]!.headers.host).toBe(`api.example:${gateway.vendor.port}`);
  });

  test("is called where it was checked to lead, although its name leads elsewhere meanwhile", async () => {
    const names: Record<string, readonly string[]> = { "api.example": ["127.0.0.1"] };
    resolveAs(gateway, names);
    await ask(gateway);
    names["api.example"] = ["169.254.169.254"];
    expect((await ask(gateway)).status).toBe(200);
  });

  test.each([
    ["metadata", ["169.254.169.254"]],
    ["a private network", ["10.0.0.1"]],
    ["both a good and a private address", ["127.0.0.1", "10.0.0.1"]],
    ["nowhere", []],
  ])("that leads to %s is not called, and the client does not learn where it would lead", async (_, addresses) => {
    resolveAs(gateway, { "evil.example": addresses });
    const { status, calls, text, record } = await ask(gateway, "evil");
    expect(status).toBe(502);
    expect(calls).toEqual([]);
    for (const word of ["evil.example", "169.254", "10.0.0.1", "metadata", "private"]) expect(text).not.toContain(word);
    expect(record).toMatchObject({ status: "error", errorClass: "network" });
    expect(record.attempts[0]!.errorText).toContain("evil.example");
    gateway.restart(json(chatAnswer()));
  });

  test("of an outbound proxy stands under the same policy", async () => {
    resolveAs(gateway, { "proxy.example": ["169.254.169.254"] });
    const { status, calls, text, record } = await ask(gateway, "proxied/m");
    expect(status).toBe(502);
    expect(calls).toEqual([]);
    expect(text).not.toContain("proxy.example");
    expect(record.attempts[0]).toMatchObject({ outcome: "unreachable", errorClass: "network" });
  });
});

test("the gateway does not call itself: that would loop", async () => {
  const port = await freePort();
  const gateway = await startGateway({
    providers: () => [provider("openai", `http://127.0.0.1:${port}/v1`, ["sk-1"])],
    env: { PORT: String(port) },
  });
  const { status, record } = await ask(gateway);
  expect(status).toBe(502);
  expect(gateway.records).toHaveLength(1);
  expect(record.attempts[0]!.errorText).toContain("this gateway itself");
  await gateway.close();
});

test("a client cannot name another upstream, in its body or its headers", async () => {
  const elsewhere = await FakeVendor.start(json(chatAnswer()));
  const gateway = await startGateway({
    providers: (vendor) => [provider("openai", `${vendor.origin}/v1`, ["sk-1"])],
    reply: json(chatAnswer()),
  });
  const url = `${elsewhere.origin}/v1`;
  const { status } = await gateway.send(
    "/v1/chat/completions",
    {
      model: "m",
      api_base: url,
      base_url: url,
      api_key: "x",
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
    },
    {
      headers: {
        "x-portkey-custom-host": url,
        "x-base-url": url,
        "x-forwarded-host": new URL(url).host,
        "x-upstream": url,
      },
    },
  );
  expect(status).toBe(200);
  expect(elsewhere.openConnections).toBe(0);
  expect(elsewhere.calls).toEqual([]);
  await gateway.close();
  await elsewhere.close();
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
