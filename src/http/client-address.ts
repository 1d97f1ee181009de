import { isIP } from "node:net";
import { family, listOf, unmap } from "../lib/egress.ts";

/** The address of whoever asks: `peer` is the other end of the connection. */
export type ClientAddress = (peer: string, headers: Headers) => string;

/**
 * A proxy that is trusted (by CIDR) tells in X-Forwarded-For from whom it has a request. Read from the right, where our own proxies
 * write: the first address that is none of them counts. What stands left of it anybody can have written.
 */
export function clientAddresses(trustedProxies: readonly string[]): ClientAddress {
  if (trustedProxies.length === 0) return (peer) => peer;
  const trusted = listOf(trustedProxies);
  const isTrusted = (address: string) => isIP(address) !== 0 && trusted.check(address, family(address));

  return (peer, headers) => {
    let address = unmap(peer);
    const hops = headers.get("x-forwarded-for")?.split(",") ?? [];
    while (isTrusted(address)) {
      const hop = hops.pop();
      const next = hop === undefined ? null : readHop(hop);
      // The proxy said nothing that can be read: then it is the last one known.
      if (next === null) return address;
      address = next;
    }
    return address;
  };
}

/** `192.0.2.1`, `192.0.2.1:8080`, `2001:db8::1` or `[2001:db8::1]:8080`. */
function readHop(text: string): string | null {
  const hop = text.trim();
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop)?.[1] ?? hop;
  const address = unmap(bare);
  // A zone ("%eth0") is for the machine that wrote it.
  return isIP(address) === 0 || address.includes("%") ? null : address;
}
