import { expect, setSystemTime } from "bun:test";
import type { RequestRecord } from "../../src/record.ts";
import { CLIENT_KEY, startApp, type TestApp, type TestAppOptions } from "../support/app.ts";
import { FakeVendor, type Reply, type VendorCall } from "../support/fake-vendor.ts";
import { eventually } from "../support/stream-reader.ts";

/** Longer than a healthy upstream needs on the busiest machine; no test waits for them, see `silence`. */
const SILENT_MS = 10_000;
const LIMITS = {
  maxAttempts: 3,
  connectTimeoutMs: 1000,
  requestTimeoutMs: 3 * SILENT_MS,
  headersTimeoutMs: SILENT_MS,
  firstTokenTimeoutMs: SILENT_MS,
  streamIdleTimeoutMs: SILENT_MS,
  pingIntervalMs: 6 * SILENT_MS,
};

export interface GatewayOptions extends TestAppOptions {
  readonly settings?: Record<string, unknown>;
  readonly providers: (vendor: FakeVendor) => readonly object[];
  readonly models?: readonly object[];
  readonly clientKeys?: readonly object[];
  readonly reply?: Reply;
}

/** What one client request led to. */
export interface Outcome {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Answer;
  readonly record: RequestRecord;
  /** The upstream calls that it made. */
  readonly calls: readonly VendorCall[];
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, each known to its test
export type Answer = any;

export interface Gateway extends TestApp {
  readonly vendor: FakeVendor;
  /** Sends with the client key, reads the whole answer and waits for its one record. */
  send(path: string, body: unknown, init?: { headers?: Record<string, string>; method?: string }): Promise<Outcome>;
  /** Waits for the record of the next request that settles. */
  nextRecord(): Promise<RequestRecord>;
  /**
   * An upstream that says nothing more, while the clock goes on until the gateway has had enough of it: limits go by the clock,
   * which the sweep of the running requests reads every 100 ms. For one request at a time.
   */
  readonly silence: Reply;
  /** Clears keys' health, calls and rules between two tests. */
  restart(reply: Reply): void;
}

/** The real app and a fake vendor behind it. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const vendor = await FakeVendor.start(options.reply);
  const app = await startApp({
    ...options,
    config: {
      providers: options.providers(vendor),
      ...(options.models === undefined ? {} : { models: options.models }),
      settings: { ...LIMITS, ...options.settings },
      clientKeys: options.clientKeys ?? [{ name: "test", secret: CLIENT_KEY }],
    },
  });
  const nextRecord = () => app.record(app.records.length + 1);
  return {
    ...app,
    vendor,
    nextRecord,
    async silence() {
      const progress = () => attemptsOver(app) + app.records.length;
      const before = progress();
      try {
        while (progress() === before) {
          setSystemTime(new Date(Date.now() + SILENT_MS));
          await Bun.sleep(150);
        }
      } finally {
        setSystemTime();
      }
    },
    async send(path, body, { headers = {}, method = "POST" } = {}) {
      const settled = nextRecord();
      const before = vendor.calls.length;
      const response = await fetch(`${app.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: asBody(body) }),
      });
      const text = await response.text();
      const record = await settled;
      return {
        status: response.status,
        headers: response.headers,
        text,
        json: parseOrNull(text),
        record,
        calls: vendor.calls.slice(before),
      };
    },
    restart(reply) {
      vendor.reset(reply);
      for (const provider of app.app.gateway.snapshots.current.providersById.values()) {
        for (const key of provider.keys) app.app.gateway.pool.reset(key.id, Date.now());
      }
    },
    async close() {
      await app.close();
      await vendor.close();
    },
  };
}

/** Attempts that are over, of requests that run and of those that are settled. */
export function attemptsOver({ app, records }: TestApp): number {
  const running = app.gateway.inFlight.list().reduce((sum, { attempts }) => sum + attempts, 0);
  return records.reduce((sum, { attempts }) => sum + attempts.length, running);
}

/** A provider of the given kind with keys named after their secrets. */
export function provider(kind: string, baseUrl: string, keys: readonly string[], change: object = {}) {
  return { name: kind, kind, baseUrl, keys: keys.map((secret) => ({ name: secret, secret })), ...change };
}

function asBody(body: unknown): BodyInit {
  return typeof body === "string" || body instanceof Uint8Array || body instanceof FormData
    ? (body as BodyInit)
    : JSON.stringify(body);
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Runs `work` and expects that it reached no upstream and left exactly `records` records (0 or 1). */
export async function expectUntouched(gateway: Gateway, records: 0 | 1, work: () => Promise<void>): Promise<void> {
  const [calls, before] = [gateway.vendor.calls.length, gateway.records.length];
  await work();
  expect(gateway.vendor.calls.length - calls).toBe(0);
  expect(gateway.records.length - before).toBe(records);
}

/** Resolves when no key is claimed any more: at once after an answer, a moment after a client has left. */
export function allGivenBack(gateway: Gateway): Promise<void> {
  return eventually(() => inFlight(gateway) === 0);
}

/** In-flight counts of all keys: what leaks here would jam a key for ever. */
export function inFlight(gateway: Gateway): number {
  const { pool, snapshots } = gateway.app.gateway;
  let sum = 0;
  for (const { keys } of snapshots.current.providersById.values()) {
    for (const key of keys) sum += pool.status(key.id, Date.now()).inFlight;
  }
  return sum;
}
