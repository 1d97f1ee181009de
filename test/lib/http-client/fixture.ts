import type { HttpCall } from "../../../src/lib/http-client/call.ts";
import { HttpClient, type HttpClientOptions } from "../../../src/lib/http-client/client.ts";
import { HttpError, type HttpErrorCode } from "../../../src/lib/http-client/errors.ts";
import type { HttpRequest, Peer, SendOptions } from "../../../src/lib/http-client/types.ts";
import { RawServer } from "./raw-server.ts";

export const LIMIT = 64 << 20;
export const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/** A client and servers that end with the test. */
export class Bench {
  readonly #ends: (() => void | Promise<void>)[] = [];

  client(options?: HttpClientOptions): HttpClient {
    const client = new HttpClient(options);
    this.#ends.push(() => client.close());
    return client;
  }

  async server(host?: string): Promise<RawServer> {
    return this.keep(await RawServer.start(host));
  }

  keep(server: RawServer): RawServer {
    this.#ends.push(() => server.close());
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) await end();
  }
}

export function send(
  client: HttpClient,
  peer: Peer,
  request: Partial<HttpRequest> = {},
  options: Partial<SendOptions> = {},
): HttpCall {
  return client.send(
    { peer, method: "POST", target: "/v1/x?y=z", headers: { host: "api.test" }, body: null, ...request },
    { connectTimeoutMs: 5_000, ...options },
  );
}

/** The whole answer as text. */
export async function text(call: HttpCall): Promise<string> {
  const { body } = await call.answer;
  return Buffer.from(await body.readAll(LIMIT)).toString("latin1");
}

/** The HttpError that this ends in. */
export async function failure(promise: unknown): Promise<HttpError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

export async function code(promise: unknown): Promise<HttpErrorCode> {
  return (await failure(promise)).code;
}

/** `count` bytes that no shifted copy of themselves equals. */
export function pattern(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at++) bytes[at] = (at * 31 + (at >> 8) * 7) & 255;
  return bytes;
}

/** Resolves when nothing has moved for many turns of the event loop; on loopback a turn is enough for a block to arrive. */
export async function settled(value: () => number): Promise<void> {
  for (let turns = 0, before = value(); turns < 100; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = value();
    if (now !== before) turns = 0;
    before = now;
  }
}
