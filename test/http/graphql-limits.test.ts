import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { GRAPHQL_LIMITS } from "../../schema/limits.ts";
import { addKey, addProvider, expectNothingWritten } from "../support/admin-fixtures.ts";
import { ADMIN_TOKEN, type AdminServer, startAdminServer } from "../support/admin-server.ts";
import { quickestMs } from "../support/timing.ts";

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
});
afterAll(() => server.stop());

const repeat = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => make(at)).join(" ");

/** Each with the largest that is allowed and the smallest that is not. */
const limits: [what: string, allowed: string, refused: string][] = [
  [
    "aliases",
    `{ viewer { ${repeat(30, (at) => `a${at}: kind`)} } }`,
    `{ viewer { ${repeat(31, (at) => `a${at}: kind`)} } }`,
  ],
  [
    "root fields",
    `{ ${repeat(10, (at) => `a${at}: viewer { kind }`)} }`,
    `{ ${repeat(11, (at) => `a${at}: viewer { kind }`)} }`,
  ],
  [
    "root fields in fragments",
    `{ ...A ...A } fragment A on Query { ${repeat(10, (at) => `a${at}: viewer { kind }`)} }`,
    `{ ...A ...B } fragment A on Query { ${repeat(6, (at) => `a${at}: viewer { kind }`)} } fragment B on Query { ${repeat(6, (at) => `b${at}: viewer { kind }`)} }`,
  ],
  [
    "depth",
    "{ providers(first: 0) { nodes { models { targets { provider { models { targets { provider { name } } } } } } } } }",
    "{ providers(first: 0) { nodes { models { targets { provider { models { targets { provider { models { price { input } } } } } } } } } } }",
  ],
  [
    "depth through fragments",
    "{ providers(first: 0) { nodes { ...P } } } fragment P on Provider { models { name } }",
    "{ providers(first: 0) { nodes { ...P } } } fragment P on Provider { models { targets { ...T } } } fragment T on ModelTarget { provider { ...Q } } fragment Q on Provider { models { targets { provider { models { targets { provider { name } } } } } } }",
  ],
  [
    "directives",
    `{ viewer { ${repeat(20, () => "kind @include(if: true)")} } }`,
    `{ viewer { ${repeat(21, () => "kind @include(if: true)")} } }`,
  ],
  ["page", "{ providerKeys(first: 200) { totalCount } }", "{ providerKeys(first: 201) { totalCount } }"],
  ["page from the end", "{ providerKeys(last: 200) { totalCount } }", "{ providerKeys(last: 201) { totalCount } }"],
  [
    "cost",
    "{ providerKeys(first: 200) { nodes { usage { cost } sparkline { requests } provider { name } } } }",
    "{ providerKeys(first: 200) { nodes { usage { cost } sparkline { requests } provider { name usage { cost } sparkline { requests } keyCounts { total } } } } }",
  ],
];

describe("an operation's limits", () => {
  test.each(limits)("%s", async (_what, allowed, refused) => {
    expect((await server.ask(allowed)).errors).toBeUndefined();
    const reply = await server.ask(refused);
    expect([reply.status, reply.errors?.[0]?.extensions.code]).toEqual([400, "LIMIT_EXCEEDED"]);
    expect(reply.data ?? null).toBeNull();
  });

  test("tokens", async () => {
    const filter = (ids: number) =>
      `{ providerKeys(filter: { ids: [${repeat(ids, () => '"pky_1"')}] }) { totalCount } }`;
    expect((await server.ask(filter(950))).errors).toBeUndefined();
    const reply = await server.ask(filter(1000));
    expect(reply.errors?.[0]?.extensions.code).toBe("GRAPHQL_PARSE_FAILED");
  });

  test("a page given as a variable counts too, and so does its default", async () => {
    const query = "query ($first: Int = 201) { providerKeys(first: $first) { totalCount } }";
    expect((await server.ask(query)).errors?.[0]?.extensions.code).toBe("LIMIT_EXCEEDED");
    expect((await server.ask(query, { first: 500 })).errors?.[0]?.extensions.code).toBe("LIMIT_EXCEEDED");
    expect((await server.ask(query, { first: 50 })).errors).toBeUndefined();
  });

  test("the cost is told with the answer, and grows with the rows", async () => {
    const cost = async (first: number) => {
      const { extensions } = await server.ask(
        "query ($first: Int) { models(first: $first) { nodes { health { state } sparkline { requests } } } }",
        { first },
      );
      return extensions?.cost as { requested: number; maximum: number };
    };
    // What comes with the row is free; figures that are read for it are not.
    expect(await cost(1)).toEqual({ requested: 5, maximum: 2000 });
    expect(await cost(100)).toEqual({ requested: 302, maximum: 2000 });
    expect((await server.ask('{ nodes(ids: ["prv_1", "prv_2"]) { id } }')).extensions?.cost).toMatchObject({
      requested: 3,
    });
  });

  test("fragments that spread one another without end are refused at once", async () => {
    const circle = "{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }";
    expect((await server.ask(circle)).errors?.[0]?.extensions.code).toBe("LIMIT_EXCEEDED");
    // Doubled forty times over: 2^40 fields, read once each.
    const bomb = `{ viewer { ...F0 } } ${repeat(40, (at) => `fragment F${at} on Viewer { ...F${at + 1} ...F${at + 1} }`)} fragment F40 on Viewer { kind }`;
    expect(await quickestMs(() => server.ask(bomb), 500)).toBeLessThan(500);
  });

  test("what is refused costs little", async () => {
    await server.ask(limits[0]![2]);
    for (const [, , refused] of limits) {
      expect(await quickestMs(() => server.ask(refused), 100)).toBeLessThan(100);
    }
  });

  test("sign in once per operation: a thousand guesses are not one request", async () => {
    const guess = (at: number) => `a${at}: signIn(input: { token: "guess-${at}" }) { userErrors { code } }`;
    const options = { token: null };
    expect((await server.ask(`mutation { ${guess(1)} }`, {}, options)).errors).toBeUndefined();
    const reply = await expectNothingWritten(server, () =>
      server.ask(`mutation { ${guess(1)} ${guess(2)} }`, {}, options),
    );
    expect(reply.errors?.[0]?.extensions.code).toBe("LIMIT_EXCEEDED");
  });

  test("a body has at most 1 MB, announced or not", async () => {
    const post = (body: string | ReadableStream) =>
      fetch(server.url, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${ADMIN_TOKEN}` },
        body,
      });
    const withPadding = (bytes: number) => {
      const start = '{"query":"{ viewer { kind } }","variables":{"x":"';
      return `${start}${"x".repeat(bytes - start.length - 3)}"}}`;
    };
    expect((await post(withPadding(GRAPHQL_LIMITS.bodyBytes))).status).toBe(200);
    expect((await post(withPadding(GRAPHQL_LIMITS.bodyBytes + 1))).status).toBe(413);
    const chunk = new Uint8Array(65_536).fill(32);
    let sent = 0;
    const endless = new ReadableStream({
      pull: (controller) => (sent++ < 64 ? controller.enqueue(chunk) : controller.close()),
    });
    expect((await post(endless)).status).toBe(413);
  });

  test("an operation has ten seconds", async () => {
    const slow = await startAdminServer({
      change: (deps) => {
        const stuck = Object.create(deps.store);
        stuck.usage = { report: () => new Promise(() => {}) };
        return Object.assign(Object.create(deps), { store: stuck });
      },
    });
    const started = performance.now();
    const reply = await slow.ask('{ usage(range: { from: "now-1h" }) { totals { requests } } }');
    expect([reply.status, reply.errors?.[0]?.extensions.code]).toEqual([504, "TIMEOUT"]);
    expect(performance.now() - started).toBeGreaterThan(9_900);
    expect((await slow.ask("{ viewer { kind } }")).data.viewer.kind).toBe("TOKEN");
    await slow.stop();
  }, 60_000);
});

describe("over GET", () => {
  const get = (query: string, headers: Record<string, string> = { authorization: `Bearer ${ADMIN_TOKEN}` }) =>
    fetch(`${server.url}?${new URLSearchParams({ query })}`, { headers });

  test("queries are answered, mutations are not", async () => {
    expect(await (await get("{ viewer { kind } }")).json()).toMatchObject({ data: { viewer: { kind: "TOKEN" } } });
    const refused = await expectNothingWritten(server, () =>
      get('mutation { createProvider(input: { name: "by-get", kind: OPENAI }) { provider { id } } }'),
    );
    expect(refused.status).toBe(405);
  });

  test("other methods are refused, and no page is served", async () => {
    for (const method of ["DELETE", "OPTIONS", "PATCH"]) {
      const response = await fetch(server.url, { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, POST"]);
    }
    const page = await fetch(server.url, { headers: { accept: "text/html" } });
    expect(await page.text()).not.toContain("<html");
  });

  test("other origins get no permission", async () => {
    const response = await get("{ viewer { kind } }", {
      origin: "https://evil.example",
      authorization: `Bearer ${ADMIN_TOKEN}`,
    });
    expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("answers are not kept by anybody", async () => {
    const response = await get("{ viewer { kind } }");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("x-request-id")).not.toBeNull();
  });
});

describe("several operations in one body", () => {
  test("are refused", async () => {
    const body = JSON.stringify([{ query: "{ viewer { kind } }" }, { query: "{ viewer { kind } }" }]);
    const headers = { "content-type": "application/json", authorization: `Bearer ${ADMIN_TOKEN}` };
    const response = await fetch(server.url, { method: "POST", headers, body });
    expect(response.status).toBe(400);
  });

  test("and so is what is no JSON, and what is no document", async () => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${ADMIN_TOKEN}` };
    expect((await fetch(server.url, { method: "POST", headers, body: "{" })).status).toBe(400);
    expect((await fetch(server.url, { method: "POST", headers, body: '{"query":"{"}' })).status).toBeLessThan(500);
  });
});

describe("a page of rows", () => {
  test("has 50 unless told otherwise", async () => {
    const provider = await addProvider(server, { name: "many" });
    for (let index = 0; index < 55; index++) await addKey(server, provider.id);
    const { data } = await server.ask("{ providerKeys { nodes { id } totalCount } }");
    expect([data.providerKeys.nodes.length, data.providerKeys.totalCount]).toEqual([50, 55]);
  });
});
