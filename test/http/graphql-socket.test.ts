import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { addKey, addProvider } from "../support/admin-fixtures.ts";
import { ADMIN_TOKEN, type AdminServer, type Answer, startAdminServer } from "../support/admin-server.ts";
import { connectLive } from "../support/live.ts";

let server: AdminServer;
let origin: string;
beforeAll(async () => {
  server = await startAdminServer();
  origin = new URL(server.url).origin;
});
afterAll(() => server.stop());

const authorization = `Bearer ${ADMIN_TOKEN}`;

/** A socket as it is, without a client's manners. */
async function openRaw(headers: Record<string, string> = {}, protocol: string | undefined = "graphql-transport-ws") {
  const socket = new WebSocket(server.url.replace("http", "ws"), {
    headers,
    ...(protocol === undefined ? {} : { protocols: [protocol] }),
  } as never);
  const messages: Answer[] = [];
  const waiting: ((message: Answer) => void)[] = [];
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(String(data));
    const wake = waiting.shift();
    if (wake) wake(message);
    else messages.push(message);
  };
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code);
  });
  const opened = await new Promise<boolean>((resolve) => {
    socket.onopen = () => resolve(true);
    socket.onerror = () => resolve(false);
  });
  return {
    socket,
    opened,
    closed,
    send: (message: object | string) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    next: (): Promise<Answer> =>
      messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((resolve) => waiting.push(resolve)),
  };
}
const subscribe = (id: string, query = "subscription { keyEvents { __typename } }") => ({
  id,
  type: "subscribe",
  payload: { query },
});

describe("a socket", () => {
  test("speaks graphql-transport-ws and nothing else", async () => {
    expect((await openRaw({}, "graphql-ws")).opened).toBe(false);
    const raw = await openRaw();
    expect([raw.opened, raw.socket.protocol]).toEqual([true, "graphql-transport-ws"]);
    raw.socket.close();
  });

  test("wants a token or a session, else it closes with 4403", async () => {
    const nobody = await openRaw();
    nobody.send({ type: "connection_init" });
    expect(await nobody.closed).toBe(4403);
    const wrong = await openRaw();
    wrong.send({ type: "connection_init", payload: { authorization: "Bearer adm_wrong" } });
    expect(await wrong.closed).toBe(4403);
    const right = await openRaw();
    right.send({ type: "connection_init", payload: { authorization } });
    expect(await right.next()).toEqual({ type: "connection_ack" });
    right.socket.close();
  });

  test("takes the cookie of the upgrade, from this server's own origin only", async () => {
    const signIn = await server.ask(
      `mutation { signIn(input: { token: "${ADMIN_TOKEN}" }) { viewer { kind } } }`,
      {},
      { token: null },
    );
    const cookie = signIn.headers.get("set-cookie")!.split(";")[0]!;
    const own = await openRaw({ cookie, origin });
    own.send({ type: "connection_init" });
    expect(await own.next()).toEqual({ type: "connection_ack" });
    own.send(subscribe("1", "{ viewer { kind } }"));
    expect(await own.next()).toMatchObject({ type: "next", payload: { data: { viewer: { kind: "SESSION" } } } });
    own.socket.close();
    expect((await openRaw({ cookie, origin: "https://evil.example" })).opened).toBe(false);
    expect((await openRaw({ cookie })).opened).toBe(false);
  });

  const misuses: [what: string, code: number, messages: (object | string)[]][] = [
    ["subscribing before the acknowledgement", 4401, [subscribe("1")]],
    ["what is no message", 4400, ["nonsense"]],
    ["a message of an unknown type", 4400, [{ type: "nonsense" }]],
    [
      "a second initialisation",
      4429,
      [
        { type: "connection_init", payload: { authorization } },
        { type: "connection_init", payload: { authorization } },
      ],
    ],
  ];
  test.each(misuses)("closes on %s with %p", async (_what, code, messages) => {
    const raw = await openRaw();
    for (const message of messages) raw.send(message);
    expect(await raw.closed).toBe(code);
  });

  test("closes on a second subscription of the same id with 4409", async () => {
    const raw = await openRaw();
    raw.send({ type: "connection_init", payload: { authorization } });
    await raw.next();
    raw.send(subscribe("1"));
    raw.send(subscribe("1"));
    expect(await raw.closed).toBe(4409);
  });

  test("closes with 4408 on who says nothing, and answers a ping before that", async () => {
    const raw = await openRaw();
    raw.send({ type: "ping", payload: { hello: true } });
    expect(await raw.next()).toEqual({ type: "pong", payload: { hello: true } });
    expect(await raw.closed).toBe(4408);
  }, 60_000);

  test("answers queries and mutations too, but cannot sign in", async () => {
    const live = connectLive(server);
    const ask = async (query: string) => (await live.client.iterate({ query }).next()).value as Answer;
    expect((await ask("{ viewer { kind } }")).data.viewer.kind).toBe("TOKEN");
    const refused = await ask(`mutation { signIn(input: { token: "${ADMIN_TOKEN}" }) { viewer { kind } } }`);
    expect(refused.errors[0].extensions).toEqual({ code: "BAD_USER_INPUT" });
    await live.close();
  });

  test("has the same limits and masks as HTTP, without HTTP's words", async () => {
    const live = connectLive(server);
    const errorsOf = async (query: string, variables = {}): Promise<Answer> => {
      try {
        const { value } = await live.client.iterate({ query, variables }).next();
        return (value as Answer).errors;
      } catch (errors) {
        return errors;
      }
    };
    for (const [query, code] of [
      ["{ providerKeys(first: 201) { totalCount } }", "LIMIT_EXCEEDED"],
      ["{ nosuch }", "GRAPHQL_VALIDATION_FAILED"],
      ["{", "GRAPHQL_PARSE_FAILED"],
      ["subscription { liveUsage(intervalMs: 1) { __typename } }", "BAD_USER_INPUT"],
      ["subscription { requestFeed(maxPerSecond: 0) { __typename } }", "BAD_USER_INPUT"],
    ] as const) {
      const [error] = await errorsOf(query);
      expect(error.extensions).toMatchObject({ code });
      expect(error.extensions.http).toBeUndefined();
    }
    const secret = "sk-must-not-be-repeated";
    const errors = await errorsOf("query ($id: ID!) { provider(id: $id) { id } }", { id: { secret } });
    expect(JSON.stringify(errors)).not.toContain(secret);
    await live.close();
  });

  test("pings, so that no proxy takes it for dead", async () => {
    const raw = await openRaw();
    raw.send({ type: "connection_init", payload: { authorization } });
    await raw.next();
    const started = performance.now();
    expect(await raw.next()).toEqual({ type: "ping" });
    expect(performance.now() - started).toBeLessThan(8000);
    raw.socket.close();
  }, 60_000);

  test("is closed when its session ends", async () => {
    const own = await startAdminServer();
    const live = connectLive(own);
    const keys = live.watch("subscription { keyEvents { __typename } }");
    await keys.next();
    const closed = new Promise<number>((resolve) => {
      live.client.on("closed", (event) => resolve((event as CloseEvent).code));
    });
    own.control.access.isStillValid = () => false;
    expect(await closed).toBe(4403);
    await live.close();
    await own.stop();
  }, 60_000);
});

describe("subscriptions over a socket", () => {
  test("are at most 32 at once for one visitor; one that ends makes room", async () => {
    const live = connectLive(server);
    const open = [];
    for (let index = 0; index < 32; index++) {
      const one = live.watch("subscription { keyEvents { __typename } }");
      await one.next();
      open.push(one);
    }
    const refused = live.watch("subscription { keyEvents { __typename } }");
    expect(await refused.next().catch((errors) => errors)).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED" } }]);
    await open[0]!.stop();
    // Messages of one socket are handled in order: the end above comes before this.
    const again = live.watch("subscription { keyEvents { __typename } }");
    expect(await again.next()).toEqual({ __typename: "KeyEventBatch" });
    await live.close();
  });

  test("end at once when the client goes, and leave nothing behind", async () => {
    const live = connectLive(server);
    const usage = live.watch("subscription { liveUsage(intervalMs: 60000, groupBy: MODEL) { __typename } }");
    await usage.next();
    const ended = new Promise<void>((resolve) => {
      const { watchGroups } = server.control.liveUsage;
      server.control.liveUsage.watchGroups = function (dimension) {
        const unwatch = watchGroups.call(this, dimension);
        return () => {
          unwatch();
          resolve();
        };
      };
    });
    const second = live.watch("subscription { liveUsage(intervalMs: 60000, groupBy: MODEL) { __typename } }");
    await second.next();
    live.client.terminate();
    await ended; // not with the next tick, in a minute
    await live.close();
  });

  test("of a reader that does not read hold back nobody, and skip what they can", async () => {
    const provider = await addProvider(server, { name: "busy" });
    const key = await addKey(server, provider.id);
    const live = connectLive(server);
    const other = live.watch("subscription { keyEvents { __typename ... on KeyEventBatch { events { keyId } } } }");
    await other.next();
    // Nobody pulls `idle`: the server may send, the publisher must not care.
    const idle = live.watch("subscription { keyEvents { __typename } }");
    await idle.next();
    for (let round = 0; round < 20; round++) {
      server.events.emit("config", { noun: "providerKey", kind: "updated", ids: [key.id] });
    }
    expect(await other.next()).toEqual({ __typename: "KeyEventBatch", events: [{ keyId: key.id }] });
    await live.close();
  });
});
