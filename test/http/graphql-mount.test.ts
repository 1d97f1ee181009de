import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { AdminServer } from "../support/admin-server.ts";
import { ADMIN_TOKEN, startApp, type TestApp } from "../support/app.ts";
import { connectLive, readEvents } from "../support/live.ts";

describe.each([
  ["", "at the root"],
  ["/gateway", "behind a base path"],
])("the admin API in the real server (%p)", (basePath) => {
  let app: TestApp;
  let url: string;
  beforeAll(async () => {
    app = await startApp({ env: basePath === "" ? {} : { BASE_PATH: basePath } });
    url = `${app.url}${basePath}/graphql`;
  });
  afterAll(() => app.close());

  const headers = { "content-type": "application/json", authorization: `Bearer ${ADMIN_TOKEN}` };
  const body = (query: string) => JSON.stringify({ query });

  test("answers queries", async () => {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body: body("{ viewer { kind } clientKeys { totalCount } }"),
    });
    expect(await response.json()).toMatchObject({ data: { viewer: { kind: "TOKEN" } } });
  });

  test("signs a browser in and takes its cookie", async () => {
    const { origin } = new URL(url);
    const signIn = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", origin },
      body: body(`mutation { signIn(input: { token: "${ADMIN_TOKEN}" }) { viewer { kind } } }`),
    });
    const cookie = signIn.headers.get("set-cookie")!.split(";")[0]!;
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", origin, cookie },
      body: body("{ viewer { kind } }"),
    });
    expect(await response.json()).toMatchObject({ data: { viewer: { kind: "SESSION" } } });
  });

  test("streams over WebSocket", async () => {
    const live = connectLive({ url } as AdminServer);
    const keys = live.watch("subscription { keyEvents { __typename } }");
    expect(await keys.next()).toEqual({ __typename: "KeyEventBatch" });
    await live.close();
  });

  test("streams over server-sent events", async () => {
    const leave = new AbortController();
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, accept: "text/event-stream" },
      body: body("subscription { liveUsage { __typename } }"),
      signal: leave.signal,
    });
    for await (const event of readEvents(response)) {
      if (event.ping) continue;
      expect(event.data).toEqual({ liveUsage: { __typename: "LiveUsageSnapshot" } });
      break;
    }
    leave.abort();
  });
});
