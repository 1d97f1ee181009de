import { type Egress, EgressError } from "./egress.ts";
import type { HttpClient } from "./http-client/client.ts";
import { HttpError } from "./http-client/errors.ts";
import type { HttpAnswer, Peer } from "./http-client/types.ts";
import { answerOf } from "./stream-body.ts";

/** A call of the control plane to somebody outside: a webhook, a vendor's balance. Small, whole, bounded. */
export interface OutboundRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | null;
  /** An HTTP proxy to go through, with its user and password; it too stands under the address policy. */
  readonly proxyUrl?: string | null;
  /** For everything together, from the look-up of the name to the last byte. */
  readonly timeoutMs?: number;
  readonly maxAnswerBytes?: number;
}

export interface OutboundAnswer {
  readonly status: number;
  header(name: string): string | null;
  /** As UTF-8. */
  readonly text: string;
}

/** There was no answer. The message is fit for an administrator: no address beyond the host, no headers. */
export class OutboundError extends Error {
  override readonly name = "OutboundError";
}

/** The client does not decompress. */
const STANDARD_HEADERS = { "user-agent": "sluice", "accept-encoding": "identity" };
const TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 1_048_576;

/** Everything that control sends out goes through here and with it through the address policy. No redirects are followed. */
export class Outbound {
  readonly #egress: Egress;
  readonly #http: HttpClient;

  constructor(egress: Egress, http: HttpClient) {
    this.#egress = egress;
    this.#http = http;
  }

  /** Resolves with whatever status came back; rejects with OutboundError when nothing did, or not in time. */
  async send(request: OutboundRequest): Promise<OutboundAnswer> {
    const { timeoutMs = TIMEOUT_MS } = request;
    const late = Promise.withResolvers<never>();
    const stop = new AbortController();
    const timer = setTimeout(() => {
      late.reject(new OutboundError(`no answer within ${Math.ceil(timeoutMs / 1000)} s`));
      stop.abort();
    }, timeoutMs);
    try {
      return await Promise.race([this.#call(request, stop.signal), late.promise]);
    } catch (error) {
      throw toOutboundError(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A checked address to connect to by other means than HTTP. Rejects with OutboundError. */
  async resolve(host: string, port: number): Promise<Peer> {
    const name = host.includes(":") ? `[${host}]` : host;
    try {
      return (await this.#egress.check(`https://${name}:${port}`)).peer;
    } catch (error) {
      throw toOutboundError(error);
    }
  }

  async #call(request: OutboundRequest, signal: AbortSignal): Promise<OutboundAnswer> {
    const url = new URL(request.url);
    if (request.proxyUrl) return this.#callThroughProxy(request, request.proxyUrl, signal);
    const { peer, host } = await this.#egress.check(url.origin);
    if (signal.aborted) throw new OutboundError("given up");
    const { body = null } = request;
    const call = this.#http.send(
      {
        peer,
        method: request.method,
        target: `${url.pathname}${url.search}`,
        headers: { ...STANDARD_HEADERS, ...request.headers, host },
        body: typeof body === "string" ? new TextEncoder().encode(body) : body,
      },
      { connectTimeoutMs: Math.min(CONNECT_TIMEOUT_MS, request.timeoutMs ?? TIMEOUT_MS) },
    );
    signal.addEventListener("abort", () => call.abort(), { once: true });
    const answer = await call.answer;
    return readAnswer(answer, request);
  }

  /** Bun's fetch speaks to proxies, our client does not. The proxy resolves the name itself; both addresses are checked. */
  async #callThroughProxy(request: OutboundRequest, proxy: string, signal: AbortSignal): Promise<OutboundAnswer> {
    const { method, url, body = null } = request;
    await this.#egress.check(new URL(url).origin);
    await this.#egress.check(new URL(proxy).origin);
    const headers = { ...STANDARD_HEADERS, ...request.headers };
    const options: BunFetchRequestInit = { method, headers, proxy, signal, redirect: "manual", decompress: false };
    const answer = await fetch(url, body === null ? options : { ...options, body: body as BodyInit }).catch(() => {
      throw new OutboundError("the call through the proxy failed");
    });
    return readAnswer(answerOf(answer), request);
  }
}

async function readAnswer(answer: HttpAnswer, { maxAnswerBytes = MAX_ANSWER_BYTES }: OutboundRequest) {
  const bytes = await answer.body.readAll(maxAnswerBytes);
  const text = new TextDecoder().decode(bytes);
  return { status: answer.status, header: (name: string) => answer.headers.get(name), text };
}

function toOutboundError(error: unknown): OutboundError {
  if (error instanceof OutboundError) return error;
  if (error instanceof EgressError || error instanceof HttpError) return new OutboundError(error.message);
  return new OutboundError("the address cannot be called", { cause: error });
}
