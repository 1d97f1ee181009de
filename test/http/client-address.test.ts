import { expect, test } from "bun:test";
import { readConfig } from "../../src/config.ts";
import { clientAddresses } from "../../src/http/client-address.ts";
import { startApp } from "../support/app.ts";

const PROXIES = ["10.0.0.0/8", "::1/128"];
const asked = (peer: string, forwarded?: string, proxies = PROXIES) =>
  clientAddresses(proxies)(peer, new Headers(forwarded === undefined ? {} : { "x-forwarded-for": forwarded }));

test.each([
  ["nobody is trusted: the peer", "10.0.0.1", "192.0.2.1", [], "10.0.0.1"],
  ["the peer is no proxy: what it claims does not count", "192.0.2.9", "198.51.100.1", PROXIES, "192.0.2.9"],
  ["one proxy", "10.0.0.1", "192.0.2.1", PROXIES, "192.0.2.1"],
  [
    "what the client itself has written stands left",
    "10.0.0.1",
    "127.0.0.1, 10.9.9.9, 192.0.2.1",
    PROXIES,
    "192.0.2.1",
  ],
  ["two proxies", "10.0.0.1", "192.0.2.1, 10.0.0.2", PROXIES, "192.0.2.1"],
  ["only proxies: the farthest", "10.0.0.1", "10.0.0.3, 10.0.0.2", PROXIES, "10.0.0.3"],
  ["a proxy that says nothing", "10.0.0.1", undefined, PROXIES, "10.0.0.1"],
  ["a word that is no address ends it", "10.0.0.1", "192.0.2.1, unknown, 10.0.0.2", PROXIES, "10.0.0.2"],
  ["with a port", "10.0.0.1", "192.0.2.1:4711", PROXIES, "192.0.2.1"],
  ["IPv6 with a port", "::1", "[2001:db8::1]:4711", PROXIES, "2001:db8::1"],
  ["IPv4 in IPv6", "::ffff:10.0.0.1", "::ffff:192.0.2.1", PROXIES, "192.0.2.1"],
])("the client's address: %s", (_, peer, forwarded, proxies, expected) => {
  expect(asked(peer, forwarded, proxies)).toBe(expected);
});

test("TRUSTED_PROXIES is read from the environment, and a mistake in it names it", () => {
  const read = (text: string) => readConfig({ TRUSTED_PROXIES: text }, [], () => "").trustedProxies;
  expect(read("10.0.0.0/8, ::1")).toEqual(["10.0.0.0/8", "::1/128"]);
  expect(() => read("my-proxy")).toThrow("TRUSTED_PROXIES");
  expect(() => read("10.0.0.1:80")).toThrow("TRUSTED_PROXIES");
});

test("a wrong token from behind a trusted proxy is noted with the client's address", async () => {
  const sluice = await startApp({ env: { TRUSTED_PROXIES: "127.0.0.1" } });
  await fetch(`${sluice.url}/graphql`, {
    method: "POST",
    headers: {
      authorization: "Bearer adm_wrong-token",
      "content-type": "application/json",
      "x-forwarded-for": "192.0.2.7",
    },
    body: JSON.stringify({ query: "{ viewer { kind } }" }),
  });
  await sluice.app.control.audit.settled();
  const { data } = await sluice.graphql("{ auditLog { nodes { action address } } }");
  expect((data as Record<string, object>).auditLog).toMatchObject({
    nodes: [{ action: "bearerToken", address: "192.0.2.7" }],
  });
  await sluice.close();
});
