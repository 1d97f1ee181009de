import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { keepAlive } from "../../src/http/graphql-sse.ts";
import { ADMIN_TOKEN, type AdminServer, startAdminServer } from "../support/admin-server.ts";
import { readEvents } from "../support/live.ts";
import { makeRecord } from "../support/request-record.ts";

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.stop());

const open = (query: string, init: RequestInit = {}) =>
  fetch(server.url, {
    method: "POST",
    headers: {
      accept: "text/event-stream",
      "content-type": "application/json",
      authorization: `Bearer ${ADMIN_TOKEN}`,
    },
    body: JSON.stringify({ query }),
    ...init,
  });

describe("a subscription over server-sent events", () => {
  test("is what curl gets with accept: text/event-stream", async () => {
    const leave = new AbortController();
    const response = await open("subscription { keyEvents { __typename ... on StreamEvent { cursor } } }", {
      signal: leave.signal,
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toStartWith("text/event-stream");
    expect(response.headers.get("cache-control")).toBe("no-store");
    for await (const event of readEvents(response)) {
      if (event.ping) continue;
      expect(event.data.keyEvents).toMatchObject({ __typename: "KeyEventBatch", cursor: expect.any(String) });
      break;
    }
    leave.abort();
  });

  test("works over GET as EventSource does it", async () => {
    const leave = new AbortController();
    const query = "subscription { modelEvents { __typename } }";
    const response = await fetch(`${server.url}?${new URLSearchParams({ query })}`, {
      headers: { accept: "text/event-stream", authorization: `Bearer ${ADMIN_TOKEN}` },
      signal: leave.signal,
    });
    for await (const event of readEvents(response)) {
      if (event.ping) continue;
      expect(event.data.modelEvents.__typename).toBe("ResyncEvent");
      break;
    }
    leave.abort();
  });

  test("outlives the server's idle timeout", async () => {
    const leave = new AbortController();
    const response = await open(
      "subscription { requestFeed { __typename ... on RequestFeedBatch { settled { id } } } }",
      {
        signal: leave.signal,
      },
    );
    const record = makeRecord();
    // Longer than Bun's default of 10 s.
    const timer = setTimeout(() => server.events.emit("requestSettled", record), 11_000);
    const settled: string[] = [];
    for await (const event of readEvents(response)) {
      if (event.ping) continue;
      settled.push(...event.data.requestFeed.settled.map((request: { id: string }) => request.id));
      if (settled.length > 0) break;
    }
    expect(settled).toEqual([record.id]);
    clearTimeout(timer);
    leave.abort();
  }, 60_000);

  test("needs somebody signed in", async () => {
    const response = await open("subscription { keyEvents { __typename } }", {
      headers: { accept: "text/event-stream", "content-type": "application/json" },
    });
    expect(await response.text()).toContain("UNAUTHENTICATED");
    expect(
      (
        await open("subscription { keyEvents { __typename } }", {
          headers: {
            accept: "application/json",
            "content-type": "application/json",
            authorization: `Bearer ${ADMIN_TOKEN}`,
          },
        })
      ).status,
    ).toBe(406);
  });

  test("ends at once when the client goes", async () => {
    let ended = () => {};
    const over = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const { watch } = server.control.requestFeed;
    server.control.requestFeed.watch = function (...args) {
      const { lane, leave } = watch.apply(this, args);
      return {
        lane,
        leave() {
          leave();
          ended();
        },
      };
    };
    const leave = new AbortController();
    const response = await open("subscription { requestFeed { __typename } }", { signal: leave.signal });
    await readEvents(response).next();
    leave.abort();
    await over;
    server.control.requestFeed.watch = watch;
  });

  test("ends with an error when its session ends", async () => {
    const own = await startAdminServer();
    const response = await fetch(own.url, {
      method: "POST",
      headers: {
        accept: "text/event-stream",
        "content-type": "application/json",
        authorization: `Bearer ${ADMIN_TOKEN}`,
      },
      body: JSON.stringify({ query: "subscription { keyEvents { __typename } }" }),
    });
    const errors = [];
    for await (const event of readEvents(response)) {
      if (event.data) own.control.access.isStillValid = () => false;
      if (event.errors) errors.push(...event.errors);
    }
    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
    await own.stop();
  }, 60_000);
});

describe("a stream that is kept alive", () => {
  test("leaves other answers alone", () => {
    const json = Response.json({});
    expect(keepAlive(json)).toBe(json);
  });

  test("passes on an error and a cancel", async () => {
    const headers = { "content-type": "text/event-stream" };
    const failing = new ReadableStream({
      pull: () => {
        throw new Error("gone");
      },
    });
    expect(
      await keepAlive(new Response(failing, { headers }))
        .text()
        .catch((error) => error.message),
    ).toBe("gone");
    let reason: unknown;
    const cancelled = new ReadableStream({
      cancel: (why) => {
        reason = why;
      },
    });
    await keepAlive(new Response(cancelled, { headers })).body!.cancel("left");
    expect(reason).toBe("left");
  });
});
