import { readFileSync } from "node:fs";
import { errorText } from "../lib/log.ts";
import { frameData, frameEvent, splitFrames } from "../lib/sse.ts";
import { CommandFailed, UsageError } from "./failure.ts";

/** Long enough for the server's own limit to speak first. */
const TIMEOUT_MS = 30_000;
/** The server gives a sign of life every 5 s. */
const SILENCE_MS = 20_000;
const MAX_WAIT_MS = 10_000;

export interface GatewayOptions {
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
}

export interface UserError {
  readonly message: string;
  readonly field?: readonly string[] | null;
}

/** The admin API of a running gateway, as any tool uses it. */
export class Gateway {
  readonly #endpoint: string;
  readonly #token: string;

  /** Throws UsageError when there is no token. */
  constructor({ url, tokenFile }: GatewayOptions, env: Readonly<Record<string, string | undefined>>) {
    const base = url ?? env.SLUICE_URL ?? "http://127.0.0.1:8000";
    if (!/^https?:\/\//.test(base)) throw new UsageError("--url: must begin with http:// or https://");
    this.#endpoint = `${base.replace(/\/+$/, "")}/graphql`;
    const token = tokenFile === undefined ? env.ADMIN_TOKEN : readToken(tokenFile);
    if (!token) throw new UsageError("set ADMIN_TOKEN, or give --token-file FILE");
    this.#token = token;
  }

  /** Throws CommandFailed with the server's own words. */
  async ask<Data>(query: string, variables: object = {}): Promise<Data> {
    const response = await this.#post({ query, variables }, "application/json", AbortSignal.timeout(TIMEOUT_MS));
    const answer = (await response.json().catch(() => null)) as { data?: Data; errors?: { message: string }[] } | null;
    if (answer?.errors?.[0] !== undefined)
      throw new CommandFailed(answer.errors.map(({ message }) => message).join("\n"));
    if (answer?.data == null)
      throw new CommandFailed(`${this.#endpoint} answers ${response.status}, and not as Sluice does`);
    return answer.data;
  }

  /**
   * The events of a subscription, for as long as somebody listens: a broken connection is taken up again after the last `cursor`.
   * Throws CommandFailed when the server refuses.
   */
  async *follow<Event extends { readonly cursor: string }>(query: string, variables: object): AsyncGenerator<Event> {
    let after: string | null = null;
    for (let waitMs = 500; ; waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)) {
      try {
        for await (const event of this.#stream<Event>(query, { ...variables, after })) {
          after = event.cursor;
          waitMs = 500;
          yield event;
        }
      } catch (error) {
        if (error instanceof CommandFailed && after === null) throw error;
        process.stderr.write(`sluice: connection lost (${errorText(error)}), trying again\n`);
      }
      await Bun.sleep(waitMs);
    }
  }

  async *#stream<Event>(query: string, variables: object): AsyncGenerator<Event> {
    const aborting = new AbortController();
    let silence = setTimeout(() => aborting.abort(), SILENCE_MS);
    try {
      const response = await this.#post({ query, variables }, "text/event-stream", aborting.signal);
      if (!response.headers.get("content-type")?.startsWith("text/event-stream") || response.body === null) {
        const { errors } = (await response.json().catch(() => ({}))) as { errors?: { message: string }[] };
        throw new CommandFailed(errors?.[0]?.message ?? `${this.#endpoint} answers ${response.status}`);
      }
      let rest = "";
      const decoder = new TextDecoder();
      for await (const bytes of response.body) {
        clearTimeout(silence);
        silence = setTimeout(() => aborting.abort(), SILENCE_MS);
        rest += decoder.decode(bytes, { stream: true });
        const end = rest.lastIndexOf("\n\n") + 2;
        if (end < 2) continue;
        const whole = rest.slice(0, end);
        rest = rest.slice(end);
        for (const frame of splitFrames(whole)) {
          if (frameEvent(whole, frame) !== "next") continue;
          yield eventOf<Event>(frameData(whole, frame) ?? "{}");
        }
      }
    } finally {
      clearTimeout(silence);
      aborting.abort();
    }
  }

  async #post(body: object, accept: string, signal: AbortSignal): Promise<Response> {
    try {
      return await fetch(this.#endpoint, {
        method: "POST",
        headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json", accept },
        body: JSON.stringify(body),
        signal,
      });
    } catch (error) {
      throw new CommandFailed(
        `no gateway answers at ${this.#endpoint} (${errorText(error)}): is it running, is --url right?`,
      );
    }
  }
}

/** Throws CommandFailed when a mutation was refused. */
export function orRefuse(errors: readonly UserError[]): void {
  if (errors.length === 0) return;
  throw new CommandFailed(
    errors.map(({ message, field }) => (field?.length ? `${field.join(".")}: ${message}` : message)).join("\n"),
  );
}

function eventOf<Event>(text: string): Event {
  const { data, errors } = JSON.parse(text) as { data?: Record<string, Event> | null; errors?: { message: string }[] };
  const event = data == null ? undefined : Object.values(data)[0];
  if (event == null) throw new CommandFailed(errors?.[0]?.message ?? "the subscription ended");
  return event;
}

function readToken(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    throw new UsageError(`--token-file: ${path} cannot be read`);
  }
}
