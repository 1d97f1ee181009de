import { afterAll, expect, test } from "bun:test";
import { Egress } from "../../src/lib/egress.ts";
import { HttpClient } from "../../src/lib/http-client/client.ts";
import { Outbound, OutboundError } from "../../src/lib/outbound.ts";

const http = new HttpClient();
const outbound = new Outbound(new Egress({ allow: [{ cidr: "127.0.0.0/8", port: null }], self: null }), http);
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    const { pathname, search } = new URL(request.url);
    if (pathname === "/silent") return new Promise<Response>(() => {});
    if (pathname === "/large") return new Response("x".repeat(2000));
    if (pathname === "/moved") return Response.redirect("http://127.0.0.1:1/");
    const { host, "x-own": own } = Object.fromEntries(request.headers);
    return Response.json({ method: request.method, search, host, own, body: await request.text() }, { status: 201 });
  },
});
const url = `http://127.0.0.1:${server.port}`;
afterAll(async () => {
  http.close();
  await server.stop(true);
});

const failure = (sent: Promise<unknown>) => sent.then(() => null).catch((error: unknown) => error);

test("a call goes out whole and comes back whole", async () => {
  const answer = await outbound.send({ method: "POST", url: `${url}/a?b=1`, headers: { "x-own": "1" }, body: "héllo" });
  expect(answer.status).toBe(201);
  expect(answer.header("content-type")).toContain("json");
  expect(JSON.parse(answer.text)).toEqual({
    method: "POST",
    search: "?b=1",
    host: `127.0.0.1:${server.port}`,
    own: "1",
    body: "héllo",
  });
});

test("a redirect is an answer, never followed", async () => {
  expect((await outbound.send({ method: "GET", url: `${url}/moved` })).status).toBe(302);
});

test("silence, a long answer and a closed port are one kind of error", async () => {
  for (const request of [
    { url: `${url}/silent`, timeoutMs: 30 },
    { url: `${url}/large`, maxAnswerBytes: 100 },
    { url: "http://127.0.0.1:1/" },
  ]) {
    expect(await failure(outbound.send({ method: "GET", ...request }))).toBeInstanceOf(OutboundError);
  }
});

test("the address policy holds for calls and for addresses to connect to by other means", async () => {
  const error = await failure(outbound.send({ method: "GET", url: "http://169.254.169.254/latest" }));
  expect(String(error)).toContain("metadata");
  expect(String(await failure(outbound.resolve("10.0.0.1", 25)))).toContain("private address");
  expect(await outbound.resolve("127.0.0.1", 25)).toMatchObject({ address: "127.0.0.1", port: 25 });
});
