import { afterAll, beforeAll, expect, test } from "bun:test";
import { ADMIN_TOKEN, type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";

let server: AdminServer;
let ended = 0;
beforeAll(async () => {
  server = await startAdminServer();
  const { watch } = server.control.requestFeed;
  server.control.requestFeed.watch = function (...args) {
    const { lane, leave } = watch.apply(this, args);
    return {
      lane,
      leave() {
        leave();
        ended++;
        wake();
      },
    };
  };
});
afterAll(() => server.stop());

let wake = () => {};
const endedTimes = async (count: number) => {
  while (ended < count) await new Promise<void>((resolve) => (wake = resolve));
};

const authorization = `Bearer ${ADMIN_TOKEN}`;
const send = (method: string, init: { token?: string; body?: object; search?: string; authorization?: string } = {}) =>
  fetch(server.url + (init.search ?? ""), {
    method,
    headers: {
      authorization: init.authorization ?? authorization,
      ...(init.token && { "x-graphql-event-stream-token": init.token }),
      ...(init.body && { "content-type": "application/json" }),
    },
    ...(init.body && { body: JSON.stringify(init.body) }),
  });
const run = (token: string, operationId: string, query: string) =>
  send("POST", { token, body: { query, extensions: { operationId } } });
const reserve = async () => (await send("PUT")).text();

async function listen(token: string) {
  const leave = new AbortController();
  const headers = { authorization, accept: "text/event-stream", "x-graphql-event-stream-token": token };
  const response = await fetch(server.url, { headers, signal: leave.signal });
  return { response, frames: frames(response), leave: () => leave.abort() };
}
async function* frames(response: Response): AsyncGenerator<Answer, undefined> {
  let text = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += new TextDecoder().decode(chunk);
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (event) yield { event, ...JSON.parse(data!) };
    }
  }
}
const next = async (line: { frames: AsyncGenerator<Answer, undefined> }) => (await line.frames.next()).value;

const WATCH = "subscription { requestFeed { __typename } }";

test("many operations share one event stream, each under its id", async () => {
  const reserved = await send("PUT");
  expect(reserved.status).toBe(201);
  const token = await reserved.text();
  const line = await listen(token);
  expect(line.response.headers.get("content-type")).toStartWith("text/event-stream");

  expect((await run(token, "q", "{ viewer { kind } }")).status).toBe(202);
  expect(await next(line)).toMatchObject({ event: "next", id: "q", payload: { data: { viewer: { kind: "TOKEN" } } } });
  expect(await next(line)).toEqual({ event: "complete", id: "q" });

  expect((await run(token, "s", WATCH)).status).toBe(202);
  const cost = { requested: expect.any(Number), maximum: 2000 };
  const first = { data: { requestFeed: {} }, extensions: { cost } };
  expect(await next(line)).toMatchObject({ event: "next", id: "s", payload: first });
  expect((await run(token, "s", WATCH)).status).toBe(409);

  expect((await run(token, "bad", "{ nosuch }")).status).toBe(202);
  const invalid = await next(line);
  expect(invalid).toMatchObject({
    id: "bad",
    payload: { errors: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }] },
  });
  expect(JSON.stringify(invalid)).not.toContain('"http"');
  expect(await next(line)).toEqual({ event: "complete", id: "bad" });

  const before = ended;
  expect((await send("DELETE", { token, search: "?operationId=s" })).status).toBe(200);
  expect(await next(line)).toEqual({ event: "complete", id: "s" });
  await endedTimes(before + 1);
  line.leave();
});

test("what ran before anybody listened is not lost", async () => {
  const token = await reserve();
  await run(token, "early", "{ viewer { kind } }");
  const line = await listen(token);
  expect(await next(line)).toMatchObject({ event: "next", id: "early" });
  line.leave();
});

test("a client that goes ends all that it watched, and its stream", async () => {
  const token = await reserve();
  const line = await listen(token);
  await run(token, "a", WATCH);
  await run(token, "b", WATCH);
  await next(line);
  await next(line);
  const before = ended;
  line.leave();
  await endedTimes(before + 2);
  expect((await run(token, "c", WATCH)).status).toBe(404);
});

test("misuses are refused", async () => {
  const token = await reserve();
  const line = await listen(token);
  expect((await listen(token)).response.status).toBe(409);
  expect((await send("POST", { token, body: { query: "{ viewer { kind } }" } })).status).toBe(400);
  expect((await send("DELETE", { token })).status).toBe(400);
  expect((await run("made-up", "1", WATCH)).status).toBe(404);
  expect((await listen("made-up")).response.status).toBe(404);
  expect((await send("PUT", { authorization: "Bearer adm_wrong" })).status).toBe(401);
  expect((await fetch(server.url, { method: "PUT" })).status).toBe(401);
  line.leave();
});

test("a stream is its visitor's alone, and a visitor has few", async () => {
  const token = await reserve();
  const made = await server.ask(
    'mutation { createAdminToken(input: { name: "other", scopes: [LOGS_READ] }) { secret } }',
  );
  const other = `Bearer ${made.data.createAdminToken.secret}`;
  const body = { query: WATCH, extensions: { operationId: "1" } };
  expect((await send("POST", { token, body, authorization: other })).status).toBe(404);
  const statuses = [];
  for (let index = 0; index < 9; index++) statuses.push((await send("PUT", { authorization: other })).status);
  expect(statuses.slice(7)).toEqual([201, 429]);
});

test("a session that has ended closes the stream, and says why", async () => {
  const own = await startAdminServer();
  const headers = { authorization, "content-type": "application/json" };
  const token = await (await fetch(own.url, { method: "PUT", headers })).text();
  const mine = { ...headers, "x-graphql-event-stream-token": token };
  const line = frames(await fetch(own.url, { headers: { ...mine, accept: "text/event-stream" } }));
  const body = JSON.stringify({ query: WATCH, extensions: { operationId: "s" } });
  await fetch(own.url, { method: "POST", headers: mine, body });
  await line.next();
  own.control.access.isStillValid = () => false;
  expect((await line.next()).value).toMatchObject({
    id: "s",
    payload: { errors: [{ extensions: { code: "UNAUTHENTICATED" } }] },
  });
  for await (const frame of line) expect(frame.event).toBe("complete");
  await own.stop();
}, 60_000);
