import { Database } from "bun:sqlite";
import { connect } from "node:net";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { Egress, EgressError } from "../lib/egress.ts";
import { describeFault } from "../store/store-error.ts";
import type { Finding } from "./doctor.ts";

const CONNECT_MS = 3000;

/** Whether each enabled provider's server may be called, and takes a connection. Nothing is sent. */
export async function checkUpstreams(root: string, config: Config): Promise<Finding[]> {
  const egress = new Egress({ allow: config.allowPrivate, self: { host: config.host, port: config.port } });
  let origins: Map<string, string>;
  try {
    origins = readOrigins(root);
  } catch (error) {
    return [{ check: "upstreams", state: "fail", found: describeFault(error) }];
  }
  if (origins.size === 0) {
    const advice = "Add a provider and a key, in the console or with CONFIG_FILE.";
    return [{ check: "upstreams", state: "warn", found: "no enabled provider", advice }];
  }
  return Promise.all(Array.from(origins, ([origin, name]) => checkOrigin(egress, origin, name)));
}

async function checkOrigin(egress: Egress, origin: string, name: string): Promise<Finding> {
  const check = "upstream";
  try {
    const { peer } = await egress.check(origin);
    const fault = await tryConnect(peer.address, peer.port);
    if (fault === null) return { check, state: "ok", found: `${name}: ${origin} answers at ${peer.address}` };
    const advice = "Look at the network, the firewall and the provider's base URL.";
    return { check, state: "warn", found: `${name}: ${origin} at ${peer.address}: ${fault}`, advice };
  } catch (error) {
    const found = `${name}: ${error instanceof EgressError ? error.message : "cannot be looked up"}`;
    return {
      check,
      state: "warn",
      found,
      advice: "Correct the base URL, the name server, or ALLOW_PRIVATE_UPSTREAMS.",
    };
  }
}

function tryConnect(host: string, port: number): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const socket = connect({ host, port });
  socket.setTimeout(CONNECT_MS, () => resolve("no answer"));
  socket.once("connect", () => resolve(null));
  socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "cannot be reached"));
  return promise.finally(() => socket.destroy());
}

/** The providers' origins with the name of one that uses it. */
function readOrigins(root: string): Map<string, string> {
  const database = new Database(join(root, "sluice.db"), { readonly: true });
  try {
    const rows = database
      .query<{ name: string; base_url: string }, []>(
        "SELECT name, base_url FROM provider WHERE enabled = 1 ORDER BY name",
      )
      .all();
    const origins = new Map<string, string>();
    for (const { name, base_url } of rows) {
      const origin = URL.parse(base_url)?.origin;
      if (origin !== undefined && !origins.has(origin)) origins.set(origin, name);
    }
    return origins;
  } finally {
    database.close();
  }
}
