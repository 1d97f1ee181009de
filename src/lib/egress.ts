import { BlockList, isIP } from "node:net";
import type { Peer } from "./http-client/types.ts";

/**
 * Where Sluice may connect to: one policy for upstreams, outbound proxies and everything else that leaves the process.
 * http and https only, no credentials in the URL, link-local and metadata addresses never, private ranges only when
 * `ALLOW_PRIVATE_UPSTREAMS` names them. Names are resolved here and the checked address is the one connected to, so that a
 * second DNS answer cannot lead elsewhere (rebinding).
 */
export interface AllowRule {
  readonly cidr: string;
  readonly port: number | null;
}

/** How to reach a checked origin: connect to this address, say this Host. */
export interface CheckedOrigin {
  readonly peer: Peer;
  readonly host: string;
}

export class EgressError extends Error {
  override readonly name = "EgressError";
}

export interface EgressOptions {
  readonly allow: readonly AllowRule[];
  /** Our own listener: calling it would loop. */
  readonly self: { readonly host: string; readonly port: number } | null;
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
  readonly now?: () => number;
}

const RESOLVED_FOR_MS = 60_000;

export class Egress {
  readonly #rules: readonly { readonly list: BlockList; readonly port: number | null }[];
  #self: EgressOptions["self"];
  readonly #resolve: (hostname: string) => Promise<readonly string[]>;
  readonly #now: () => number;
  readonly #cache = new Map<string, { readonly checked: CheckedOrigin; readonly untilMs: number }>();

  constructor(options: EgressOptions) {
    this.#rules = options.allow.map((rule) => ({ list: listOf([rule.cidr]), port: rule.port }));
    this.#self = options.self;
    this.#resolve = options.resolve ?? resolveAll;
    this.#now = options.now ?? Date.now;
  }

  /** Known only once the listener has its port. */
  setSelf(self: { readonly host: string; readonly port: number }): void {
    this.#self = self;
    this.#cache.clear();
  }

  /** What can be said without resolving: the public reason why this URL is refused, or null. For the moment of saving. */
  refusal(url: string): string | null {
    try {
      const parsed = parse(url);
      const literal = addressOf(parsed.hostname);
      if (literal !== null) this.#check(literal, portOf(parsed), parsed.hostname);
      return null;
    } catch (error) {
      return error instanceof EgressError ? error.message : "is not a valid URL";
    }
  }

  /** The cached way to an origin, when it is still fresh: the hot path does not wait. */
  known(origin: string): CheckedOrigin | null {
    const entry = this.#cache.get(origin);
    return entry !== undefined && entry.untilMs > this.#now() ? entry.checked : null;
  }

  /** Resolves and checks every address of `origin` ("https://host:port"). Throws EgressError. */
  async check(origin: string): Promise<CheckedOrigin> {
    const fresh = this.known(origin);
    if (fresh !== null) return fresh;
    const parsed = parse(origin);
    const literal = addressOf(parsed.hostname);
    const port = portOf(parsed);
    const addresses = literal === null ? await this.#resolve(parsed.hostname).catch(() => []) : [literal];
    if (addresses.length === 0) throw new EgressError(`the name ${parsed.hostname} does not resolve`);
    for (const address of addresses) this.#check(address, port, parsed.hostname);
    const checked = originAt(parsed, addresses[0]!, port);
    this.#cache.set(origin, { checked, untilMs: this.#now() + RESOLVED_FOR_MS });
    return checked;
  }

  #check(address: string, port: number, shown: string): void {
    const self = this.#self;
    if (self !== null && port === self.port && (LOOPBACK.check(address, family(address)) || address === self.host)) {
      throw new EgressError(`${shown}:${port} is this gateway itself`);
    }
    if (NEVER.check(address, family(address))) {
      throw new EgressError(`${shown} is a link-local or metadata address, which is never called`);
    }
    if (!PRIVATE.check(address, family(address))) return;
    const allowed = this.#rules.some(
      (rule) => (rule.port === null || rule.port === port) && rule.list.check(address, family(address)),
    );
    if (!allowed) {
      throw new EgressError(`${shown} is a private address; name its range in ALLOW_PRIVATE_UPSTREAMS to allow it`);
    }
  }
}

/** The origin by its checked address; the name goes into the Host header and the TLS handshake. */
function originAt(url: URL, address: string, port: number): CheckedOrigin {
  const tlsName = url.protocol === "https:" ? url.hostname.replace(/^\[|\]$/g, "") : null;
  return { peer: { key: `${address} ${port} ${tlsName ?? ""}`, address, port, tlsName }, host: url.host };
}

/** Parses "10.0.0.0/8, 127.0.0.1:11434, [::1]:8080"; throws EgressError that names the bad entry. */
export function parseAllowRules(text: string): AllowRule[] {
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
    .map((entry) => {
      // An IPv6 address needs brackets when a port follows.
      const match =
        /^()([0-9a-fA-F:]*:[0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(isV6(entry) ? entry : "") ??
        /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+))(?:\/(\d{1,3}))?(?::(\d{1,5}))?$/.exec(entry);
      const address = match?.[1] || match?.[2] || "";
      const kind = isIP(address);
      const bits = match?.[3] === undefined ? (kind === 6 ? 128 : 32) : Number(match[3]);
      const port = match?.[4] === undefined ? null : Number(match[4]);
      if (kind === 0 || bits > (kind === 6 ? 128 : 32) || (port !== null && (port < 1 || port > 65535))) {
        throw new EgressError(`"${entry}" is not CIDR[:port], such as 10.0.0.0/8 or 127.0.0.1:11434`);
      }
      return { cidr: `${address}/${bits}`, port };
    });
}

function isV6(entry: string): boolean {
  return isIP(entry.split("/")[0]!) === 6;
}

const LOOPBACK = listOf(["127.0.0.0/8", "::1/128"]);

/** Link-local, and the metadata services of the clouds (AWS, GCP, Azure; Alibaba's; AWS over IPv6). */
const NEVER = listOf(["169.254.0.0/16", "fe80::/10", "100.100.100.200/32", "fd00:ec2::254/128"]);

/** Everything that is not the public internet (IANA special-purpose registries). */
const PRIVATE = listOf([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/96", // unspecified, loopback, and IPv4-compatible addresses
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/32", // Teredo
  "2001:db8::/32",
  "2002::/16",
  "fc00::/7",
  "fec0::/10",
  "ff00::/8",
]);

export function listOf(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address, bits] = cidr.split("/") as [string, string];
    list.addSubnet(address, Number(bits), family(address));
  }
  return list;
}

export function family(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

function parse(url: string): URL {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new EgressError("is not a valid URL");
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:")
    throw new EgressError("must begin with http:// or https://");
  if (parsed.username !== "" || parsed.password !== "") throw new EgressError("must not hold a user name or password");
  return parsed;
}

/** The address when the host is written as one (also as ::ffff:a.b.c.d), else null. `URL` has normalised 0x7f.1 and the like. */
function addressOf(hostname: string): string | null {
  const bare = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  if (isIP(bare) === 0) return bare === "localhost" || bare.endsWith(".localhost") ? "127.0.0.1" : null;
  return unmap(bare);
}

/** ::ffff:7f00:1 is 127.0.0.1 in disguise. */
export function unmap(address: string): string {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (dotted !== null) return dotted[1]!;
  const hex = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address);
  if (hex === null) return address;
  const high = Number.parseInt(hex[1]!, 16);
  const low = Number.parseInt(hex[2]!, 16);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

async function resolveAll(hostname: string): Promise<readonly string[]> {
  // Loaded with the first name: upstreams by address need none of it.
  const { lookup } = await import("node:dns/promises");
  const found = await lookup(hostname, { all: true, order: "ipv4first" });
  return found.map((entry) => unmap(entry.address));
}
