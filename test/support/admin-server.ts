import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Control, openControl } from "../../src/control/control.ts";
import type { ControlDeps } from "../../src/control/deps.ts";
import { Events } from "../../src/events.ts";
import { mountGraphql } from "../../src/http/graphql-mount.ts";
import { Egress } from "../../src/lib/egress.ts";
import { HttpClient } from "../../src/lib/http-client/client.ts";
import { createLogger } from "../../src/lib/log.ts";
import { Outbound } from "../../src/lib/outbound.ts";
import { Secret, Vault } from "../../src/lib/secret.ts";
import { KeyPool } from "../../src/pool.ts";
import { dialogue } from "../../src/protocols/dialogue.ts";
import type { ActiveRequest } from "../../src/record.ts";
import type { FixedSettings } from "../../src/settings.ts";
import { Snapshots } from "../../src/snapshot.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/types.ts";
import { watchForSecrets } from "./canary.ts";

export const ADMIN_TOKEN = "adm_test-token-0123456789";

export interface AdminServer {
  readonly url: string;
  readonly control: Control;
  readonly store: Store;
  readonly events: Events;
  readonly pool: KeyPool;
  readonly snapshots: Snapshots;
  /** The running requests that the control plane sees; `cancel` notes here what it was asked to stop. */
  readonly running: ActiveRequest[];
  readonly cancelled: string[];
  readonly logLines: string[];
  readonly dataDir: string;
  /** Moves the control plane's clock. */
  advance(ms: number): void;
  /** POSTs as a tool with the admin token, unless told otherwise. */
  ask<Data = Answer>(query: string, variables?: object, options?: AskOptions): Promise<Reply<Data>>;
  stop(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: tests read answers whose shape their own query fixes
export type Answer = any;

export interface AskOptions {
  readonly token?: string | null;
  readonly headers?: Record<string, string>;
}
export interface Reply<Data> {
  readonly status: number;
  readonly headers: Headers;
  readonly data: Data;
  readonly errors: readonly { message: string; path?: unknown[]; extensions: Record<string, unknown> }[] | undefined;
  readonly extensions: Record<string, unknown> | undefined;
  readonly text: string;
}

export interface AdminServerOptions {
  readonly adminToken?: string | null;
  readonly dataDir?: string;
  readonly fixedSettings?: FixedSettings;
  /** The file with the console's documents; without it sessions run any. */
  readonly documentsPath?: string;
  readonly change?: (deps: ControlDeps) => ControlDeps;
}

const MASTER_KEY = new Uint8Array(32).fill(7);

/** The real store, pool, snapshots, control plane and GraphQL over HTTP on a free port, in a temporary directory. */
export async function startAdminServer(options: AdminServerOptions = {}): Promise<AdminServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "sluice-admin-")));
  const vault = new Vault(MASTER_KEY);
  const store = await openStore({ dataDir, vault });
  const events = new Events();
  const pool: KeyPool = new KeyPool({ events, settings: () => snapshots.current.settings });
  const snapshots: Snapshots = await Snapshots.open(store, {
    fixedSettings: options.fixedSettings ?? {},
    onSwap: (snapshot) => pool.sync(snapshot.providersById.values()),
  });
  const running: ActiveRequest[] = [];
  const cancelled: string[] = [];
  const logLines: string[] = [];
  const log = createLogger({ level: "info", format: "json", write: (line) => void logLines.push(line) });
  const egress = new Egress({ allow: [{ cidr: "127.0.0.0/8", port: null }], self: null });
  const http = new HttpClient();
  const token = options.adminToken === undefined ? ADMIN_TOKEN : options.adminToken;
  let offsetMs = 0;
  const deps: ControlDeps = {
    store,
    snapshots,
    pool,
    events,
    vault,
    outbound: new Outbound(egress, http),
    active: {
      list: () => [...running],
      get size() {
        return running.length;
      },
      cancel(id) {
        if (!running.some((request) => request.id === id)) return false;
        cancelled.push(id);
        return true;
      },
    },
    version: "0.0.0-test",
    startedAtMs: Date.now(),
    adminToken: token === null ? null : new Secret(token),
    fixedSignInProvider: null,
    checkAddress: (url) => egress.refusal(url),
    foresee: () => {
      throw new Error("no gateway here");
    },
    dialogue,
    callGateway: () => {
      throw new Error("no gateway here: use startGateway");
    },
    log,
    exportsDir: join(dataDir, "exports"),
    now: () => Date.now() + offsetMs,
  };
  const control = await openControl(options.change?.(deps) ?? deps);
  const graphql = mountGraphql(control, log, options.documentsPath ?? null);

  // The way src/http/server.ts mounts it.
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    websocket: graphql.websocket as Bun.WebSocketHandler<unknown>,
    async fetch(request, server) {
      if (graphql.isLongLived(request)) server.timeout(request, 0);
      const address = server.requestIP(request)?.address ?? "";
      return (await graphql.fetch(request, { address, server })) as Response;
    },
  });
  const url = `http://127.0.0.1:${server.port}/graphql`;
  const searchForSecrets = watchForSecrets({ origin: new URL(url).origin, dataDir, logLines });

  return {
    url,
    control,
    store,
    events,
    pool,
    snapshots,
    running,
    cancelled,
    logLines,
    dataDir,
    advance(ms) {
      offsetMs += ms;
    },
    ask: (query, variables = {}, askOptions = {}) => ask(url, token, { query, variables }, askOptions),
    async stop() {
      await control.jobs.stop();
      control.close();
      await server.stop(true);
      http.close();
      await store.close();
      searchForSecrets();
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function ask<Data>(
  url: string,
  adminToken: string | null,
  body: object,
  { token = adminToken, headers = {} }: AskOptions,
): Promise<Reply<Data>> {
  const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...authorization, ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const json = text.startsWith("{") ? JSON.parse(text) : {};
  return {
    status: response.status,
    headers: response.headers,
    data: json.data,
    errors: json.errors,
    extensions: json.extensions,
    text,
  };
}
