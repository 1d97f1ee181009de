import { describe, expect, test } from "bun:test";
import { Egress, EgressError, parseAllowRules } from "../../src/lib/egress.ts";

const LOOPBACK = parseAllowRules("127.0.0.0/8,::1");
const closed = new Egress({ allow: [], self: null });

/** An egress whose names resolve to what the test says. */
function withNames(names: Record<string, readonly string[]>, allow = "") {
  const asked: string[] = [];
  let now = 0;
  const egress = new Egress({
    allow: parseAllowRules(allow),
    self: null,
    now: () => now,
    resolve: async (name) => {
      asked.push(name);
      const found = names[name];
      if (found === undefined) throw new Error("ENOTFOUND");
      return found;
    },
  });
  return {
    egress,
    asked,
    advance(ms: number) {
      now += ms;
    },
  };
}

describe("what can be said at once", () => {
  const refused: [url: string, because: RegExp][] = [
    ["ftp://example.com", /http/],
    ["file:///etc/passwd", /http/],
    ["javascript:alert(1)", /http/],
    ["not a url", /not a valid URL/],
    ["http://", /not a valid URL/],
    ["https://user@example.com", /user name or password/],
    ["https://user:pass@example.com", /user name or password/],
    ["https://:pass@example.com", /user name or password/],
    ["http://169.254.169.254/latest/meta-data", /metadata/],
    ["http://169.254.0.1", /metadata/],
    ["http://[fe80::1]", /metadata/],
    ["http://100.100.100.200", /metadata/],
    ["http://[fd00:ec2::254]", /metadata/],
    ["http://[::ffff:169.254.169.254]", /metadata/],
    ["http://[::ffff:a9fe:a9fe]", /metadata/],
    ["http://2852039166", /metadata/], // 169.254.169.254 as one number
    ["http://0xa9.0xfe.0xa9.0xfe", /metadata/],
    ["http://127.0.0.1", /private/],
    ["http://127.1", /private/],
    ["http://0177.0.0.1", /private/],
    ["http://0x7f000001", /private/],
    ["http://localhost:11434", /private/],
    ["http://api.localhost", /private/],
    ["http://[::1]", /private/],
    ["http://[::ffff:127.0.0.1]", /private/],
    ["http://[::ffff:7f00:1]", /private/],
    ["http://0.0.0.0", /private/],
    ["http://[::]", /private/],
    ["http://10.1.2.3", /private/],
    ["http://172.16.0.1", /private/],
    ["http://172.31.255.255", /private/],
    ["http://192.168.1.1", /private/],
    ["http://100.64.0.1", /private/],
    ["http://198.18.0.1", /private/],
    ["http://224.0.0.1", /private/],
    ["http://255.255.255.255", /private/],
    ["http://[fc00::1]", /private/],
    ["http://[fd12:3456::1]", /private/],
    ["http://[ff02::1]", /private/],
    ["http://[64:ff9b::7f00:1]", /private/],
    ["http://[2002:7f00:1::]", /private/],
  ];
  test.each(refused)("%s is refused", (url, because) => {
    expect(closed.refusal(url)).toMatch(because);
  });

  // Ways to write 127.0.0.1 or a private network inside an IPv6 address that some networks translate.
  test.each([
    "http://[::127.0.0.1]",
    "http://[::7f00:1]",
    "http://[64:ff9b:1::7f00:1]",
    "http://[2001::7f00:1]",
    "http://[fec0::1]",
  ])("%s is refused: it leads to an inner address where it leads anywhere", (url) => {
    expect(closed.refusal(url)).not.toBeNull();
  });

  test.each([
    "https://api.openai.com/v1",
    "http://example.com:8080",
    "https://8.8.8.8",
    "https://172.15.0.1",
    "https://172.32.0.1",
    "https://100.128.0.1",
    "https://[2606:4700::1111]",
    "https://[::ffff:8.8.8.8]",
  ])("%s is allowed", (url) => {
    expect(closed.refusal(url)).toBeNull();
  });

  test("metadata stays refused, whatever is allowed", () => {
    const open = new Egress({ allow: parseAllowRules("0.0.0.0/0,::/0"), self: null });
    expect(open.refusal("http://10.0.0.1")).toBeNull();
    for (const url of ["http://169.254.169.254", "http://[fe80::1]", "http://[::ffff:169.254.169.254]"]) {
      expect(open.refusal(url)).toMatch(/metadata/);
    }
  });

  test("a private range is allowed when the operator names it, with its port or for all", () => {
    const some = new Egress({ allow: parseAllowRules("10.0.0.0/8, 127.0.0.1:11434, [::1]:8080"), self: null });
    expect(some.refusal("http://10.200.0.1:9")).toBeNull();
    expect(some.refusal("http://11.0.0.1")).toBeNull();
    expect(some.refusal("http://127.0.0.1:11434")).toBeNull();
    expect(some.refusal("http://localhost:11434")).toBeNull();
    expect(some.refusal("http://127.0.0.1:11435")).toMatch(/private/);
    expect(some.refusal("http://127.0.0.2:11434")).toMatch(/private/);
    expect(some.refusal("http://[::1]:8080")).toBeNull();
    expect(some.refusal("http://[::1]:8081")).toMatch(/private/);
    expect(some.refusal("http://192.168.0.1")).toMatch(/private/);
  });

  test("our own listener is refused although loopback is allowed", () => {
    const egress = new Egress({ allow: LOOPBACK, self: null });
    expect(egress.refusal("http://127.0.0.1:8000")).toBeNull();
    egress.setSelf({ host: "127.0.0.1", port: 8000 });
    for (const url of [
      "http://127.0.0.1:8000",
      "http://localhost:8000/v1",
      "http://[::1]:8000",
      "http://127.0.0.9:8000",
    ]) {
      expect(egress.refusal(url)).toMatch(/this gateway itself/);
    }
    expect(egress.refusal("http://127.0.0.1:8001")).toBeNull();
    egress.setSelf({ host: "192.0.2.7", port: 8000 });
    expect(egress.refusal("http://192.0.2.7:8000")).toMatch(/this gateway itself/);
  });
});

describe("before a call", () => {
  test("a name is resolved, and the checked address is what is connected to", async () => {
    const { egress } = withNames({ "api.example": ["93.184.216.34", "2606:2800::1"] });
    expect(await egress.check("https://api.example")).toMatchObject({
      peer: { address: "93.184.216.34", port: 443, tlsName: "api.example" },
      host: "api.example",
    });
    expect(await egress.check("http://api.example:8080")).toMatchObject({
      peer: { address: "93.184.216.34", port: 8080, tlsName: null },
      host: "api.example:8080",
    });
  });

  test("an IPv6 address needs no brackets to be connected to", async () => {
    const { egress } = withNames({ "six.example": ["2606:2800::1"] });
    expect((await egress.check("https://six.example")).peer.address).toBe("2606:2800::1");
    const literal = await egress.check("https://[2606:2800::1]:8443");
    expect(literal).toMatchObject({
      peer: { address: "2606:2800::1", port: 8443, tlsName: "2606:2800::1" },
      host: "[2606:2800::1]:8443",
    });
  });

  test("a literal address stays as it is, and the certificate must be for it", async () => {
    expect(await closed.check("https://8.8.8.8")).toMatchObject({
      peer: { address: "8.8.8.8", port: 443, tlsName: "8.8.8.8" },
      host: "8.8.8.8",
    });
  });

  test("two names at one address share no connections under TLS", async () => {
    const { egress } = withNames({ "a.example": ["93.184.216.34"], "b.example": ["93.184.216.34"] });
    const [a, b] = await Promise.all([egress.check("https://a.example"), egress.check("https://b.example")]);
    expect(a.peer.key).not.toBe(b.peer.key);
  });

  const answers: [what: string, addresses: readonly string[]][] = [
    ["a private address", ["10.0.0.1"]],
    ["loopback", ["127.0.0.1"]],
    ["loopback over IPv6", ["::1"]],
    ["a mapped loopback", ["::ffff:127.0.0.1"]],
    ["metadata", ["169.254.169.254"]],
    ["mapped metadata", ["::ffff:169.254.169.254"]],
    ["one good and one private", ["93.184.216.34", "192.168.0.1"]],
    ["nothing", []],
  ];
  test.each(answers)("a name that leads to %s is refused", async (_, addresses) => {
    const { egress } = withNames({ "evil.example": addresses });
    expect(egress.check("https://evil.example")).rejects.toThrow(EgressError);
  });

  test("a name that does not resolve is refused without saying why", async () => {
    const { egress } = withNames({});
    expect(egress.check("https://none.example")).rejects.toThrow("the name none.example does not resolve");
  });

  test("a second DNS answer cannot lead elsewhere: the first one holds for a minute, then it is checked anew", async () => {
    const names: Record<string, readonly string[]> = { "rebind.example": ["93.184.216.34"] };
    const { egress, asked, advance } = withNames(names);
    const first = await egress.check("https://rebind.example");
    names["rebind.example"] = ["127.0.0.1"];
    expect(await egress.check("https://rebind.example")).toEqual(first);
    expect(egress.known("https://rebind.example")).toEqual(first);
    expect(asked).toHaveLength(1);
    advance(60_001);
    expect(egress.known("https://rebind.example")).toBeNull();
    expect(egress.check("https://rebind.example")).rejects.toThrow("private");
  });

  test("what was refused is not remembered", async () => {
    const names: Record<string, readonly string[]> = { "late.example": [] };
    const { egress } = withNames(names);
    await egress.check("https://late.example").catch(() => {});
    names["late.example"] = ["93.184.216.34"];
    expect((await egress.check("https://late.example")).host).toBe("late.example");
  });

  test("our own listener behind a name is refused", async () => {
    const { egress } = withNames({ "me.example": ["127.0.0.1"] }, "127.0.0.0/8");
    await egress.check("http://me.example:8000");
    egress.setSelf({ host: "0.0.0.0", port: 8000 });
    expect(egress.check("http://me.example:8000")).rejects.toThrow("this gateway itself");
  });

  test("a name below localhost connects to where it was checked to lead", async () => {
    const egress = new Egress({ allow: LOOPBACK, self: null, resolve: async () => ["93.184.216.34"] });
    const { peer } = await egress.check("http://evil.localhost:8080");
    expect(peer.address).toBeOneOf(["127.0.0.1", "::1"]);
  });
});

describe("allow rules", () => {
  test.each([
    ["", []],
    [" , ", []],
    ["10.0.0.0/8", [{ cidr: "10.0.0.0/8", port: null }]],
    ["10.0.0.1", [{ cidr: "10.0.0.1/32", port: null }]],
    ["127.0.0.1:11434", [{ cidr: "127.0.0.1/32", port: 11434 }]],
    [
      "10.0.0.0/8:443,::1",
      [
        { cidr: "10.0.0.0/8", port: 443 },
        { cidr: "::1/128", port: null },
      ],
    ],
    ["fd00::/8", [{ cidr: "fd00::/8", port: null }]],
    ["[fd00::1]:80", [{ cidr: "fd00::1/128", port: 80 }]],
    ["[fd00::]/64:80", [{ cidr: "fd00::/64", port: 80 }]],
  ])("%p is read", (text, rules) => {
    expect(parseAllowRules(text)).toEqual(rules as never);
  });

  test.each([
    "localhost",
    "10.0.0.0/33",
    "10.0.0",
    "10.0.0.1:0",
    "10.0.0.1:70000",
    "::1/129",
    "10.0.0.0/8/8",
    "*",
    "10.0.0.1:x",
  ])("%p is refused, and named", (text) => {
    expect(() => parseAllowRules(`127.0.0.1,${text}`)).toThrow(`"${text}"`);
  });
});
