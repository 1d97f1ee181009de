import { afterAll, beforeAll, expect, test } from "bun:test";
import { ADMIN_TOKEN, type AdminServer, startAdminServer } from "../support/admin-server.ts";
import { quickestMs } from "../support/timing.ts";

let server: AdminServer;
beforeAll(async () => {
  server = await startAdminServer();
  await server.ask("{ viewer { kind } }");
});
afterAll(() => server.stop());

const repeat = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => make(at)).join(" ");
const nest = (depth: number) =>
  `{ providerKeys(first: 1) { nodes ${"{ provider { keys: keyCounts { total } ".repeat(depth)}${"} }".repeat(depth)} } }`;
const fragments = (count: number) =>
  `{ viewer { ...F0 } } ${repeat(count, (at) => `fragment F${at} on Viewer { ...F${at + 1} ...F${at + 1} }`)} fragment F${count} on Viewer { kind }`;
const introspect = "{ __schema { types { name fields { name } } } }";
const token: Record<string, string> = { authorization: `Bearer ${ADMIN_TOKEN}` };

type Sent = readonly [body: string, headers: Record<string, string>];
const query = (text: string, headers = token): Sent => [JSON.stringify({ query: text }), headers];
const bombs: [what: string, harmless: Sent, bomb: Sent][] = [
  [
    "aliases",
    query(`{ ${repeat(9, (at) => `a${at}: viewer { kind }`)} }`),
    query(`{ ${repeat(300, (at) => `a${at}: viewer { kind }`)} }`),
  ],
  ["depth", query("{ providerKeys(first: 1) { nodes { provider { name } } } }"), query(nest(60))],
  ["fragments", query("{ viewer { ...F } } fragment F on Viewer { kind }"), query(fragments(400))],
  [
    "5 MB",
    [JSON.stringify({ query: "{ viewer { kind } }", extensions: { padding: "x".repeat(500_000) } }), token],
    [JSON.stringify({ query: "{ viewer { kind } }", extensions: { padding: "x".repeat(5_000_000) } }), token],
  ],
  ["a batch", query("{ viewer { kind } }"), [JSON.stringify(Array(500).fill({ query: "{ viewer { kind } }" })), token]],
  [
    "directives",
    query("{ viewer { kind @include(if: true) } }"),
    query(`{ viewer { kind ${repeat(300, () => "@include(if: true)")} } }`),
  ],
  ["introspection by strangers", query(introspect), query(introspect, {})],
];

test.each(bombs)(
  "%s: what is harmless is answered, what is not is refused within 20 ms",
  async (_what, harmless, bomb) => {
    const send = async ([body, headers]: Sent) => {
      const response = await fetch(server.url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
      });
      return { text: await response.text(), status: response.status };
    };
    const fine = await send(harmless);
    expect({ status: fine.status, errors: JSON.parse(fine.text).errors }).toEqual({ status: 200, errors: undefined });
    const refuse = async () => {
      const refused = await send(bomb);
      const { data, errors } = JSON.parse(refused.text);
      expect({ data: data ?? null, errors: errors.length }).toEqual({ data: null, errors: 1 });
    };
    expect(await quickestMs(refuse, 20)).toBeLessThan(20);
  },
);
