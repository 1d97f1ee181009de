import { createServer, type Server, type Socket } from "node:net";
import { type HttpRequest, RequestParser } from "./http-parser.ts";

/**
 * A scriptable upstream on raw TCP, so that it can send what no HTTP library would: what it answers is decided per key, per
 * model or per call, everything it is asked is recorded, and nothing in it waits for a clock. A test steers time itself: a reply
 * is an async function that may await a gate, and `call(n)` resolves when the call has come.
 */
export class FakeVendor {
  readonly calls: VendorCall[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #byKey = new Map<string, Reply>();
  readonly #byModel = new Map<string, Reply>();
  #once: Reply[] = [];
  #otherwise: Reply = never;
  #waiting: { readonly count: number; readonly resolve: (call: VendorCall) => void }[] = [];
  #connections = 0;

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  /** Listens on a free loopback port. */
  static async start(otherwise: Reply = never): Promise<FakeVendor> {
    const vendor = new FakeVendor();
    vendor.#otherwise = otherwise;
    await new Promise<void>((resolve) => vendor.#server.listen(0, "127.0.0.1", resolve));
    return vendor;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** "http://127.0.0.1:port", without a slash. */
  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Connections that are open now, those of connect probes included. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  /** The answers to the next calls, one each, whoever asks; they go before every other rule. */
  once(...replies: readonly Reply[]): void {
    this.#once.push(...replies);
  }

  /** What calls with this upstream key get. */
  forKey(key: string, reply: Reply): void {
    this.#byKey.set(key, reply);
  }

  /** What calls for this model get, when their key has no rule. */
  forModel(model: string, reply: Reply): void {
    this.#byModel.set(model, reply);
  }

  otherwise(reply: Reply): void {
    this.#otherwise = reply;
  }

  /** Forgets calls and rules; connections stay. */
  reset(otherwise: Reply): void {
    this.calls.length = 0;
    this.#once = [];
    this.#byKey.clear();
    this.#byModel.clear();
    this.#waiting = [];
    this.#otherwise = otherwise;
  }

  /** The call that comes as number `count` (1 is the first), as soon as its head has come. */
  call(count: number): Promise<VendorCall> {
    const known = this.calls[count - 1];
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  callsWith(key: string): readonly VendorCall[] {
    return this.calls.filter((call) => call.key === key);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    const connection = ++this.#connections;
    this.#sockets.add(socket);
    socket.setMaxListeners(0);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
    const parser = new RequestParser((request) => void this.#take(new VendorCall(request, socket, connection)));
    socket.on("data", (bytes: Buffer) => parser.push(bytes));
  }

  async #take(call: VendorCall): Promise<void> {
    this.calls.push(call);
    const count = this.calls.length;
    this.#waiting = this.#waiting.filter((each) => each.count !== count || each.resolve(call));
    const early = this.#once[0];
    if (early !== undefined && isEarly.has(early)) {
      this.#once.shift();
      await early(call);
      return;
    }
    await call.whole;
    const reply = this.#once.shift() ?? this.#byKey.get(call.key) ?? this.#byModel.get(call.model) ?? this.#otherwise;
    await reply(call);
  }
}

/** What the vendor does with one call. */
export type Reply = (call: VendorCall) => void | Promise<void>;

const isEarly = new WeakSet<Reply>();

/** A reply that starts when the head has come, before the body has (only with `once`). */
export function early(reply: Reply): Reply {
  const marked: Reply = (call) => reply(call);
  isEarly.add(marked);
  return marked;
}

/** One request as it came, and the connection to answer on. */
export class VendorCall {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** With its question mark, or "". */
  readonly query: string;
  /** As it stands in the request line: absolute when a client takes us for a proxy. */
  readonly target: string;
  /** By lower-case name; repeated ones joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** The credential, wherever it stands. */
  readonly key: string;
  /** Resolves when the body has come. */
  readonly whole: Promise<void>;
  /** Resolves when the caller closes the connection before the answer is complete. */
  readonly left: Promise<void>;
  readonly #request: HttpRequest;
  #answered = false;

  constructor(
    request: HttpRequest,
    private readonly socket: Socket,
    /** Which connection it came on (1 is the first). */
    readonly connection: number,
  ) {
    this.#request = request;
    this.method = request.method;
    this.target = request.target;
    const path = request.target.replace(/^https?:\/\/[^/]*/, "");
    const question = path.indexOf("?");
    this.path = question < 0 ? path : path.slice(0, question);
    this.query = question < 0 ? "" : path.slice(question);
    this.headers = request.headers;
    this.key = keyOf(request.headers);
    this.whole = request.whole;
    this.left = new Promise((resolve) => {
      const leave = () => void (this.#answered || resolve());
      if (socket.destroyed) leave();
      socket.once("close", leave);
    });
  }

  /** The body so far; all of it once `whole` has resolved. */
  get body(): Buffer {
    return this.#request.body();
  }
  get text(): string {
    return this.body.toString("utf8");
  }
  get json(): Record<string, unknown> {
    return JSON.parse(this.text) as Record<string, unknown>;
  }

  /** Resolves when at least `count` bytes of the body have come. */
  received(count: number): Promise<void> {
    return this.#request.received(count);
  }

  /** From the body, the form, or the path (Gemini, Azure); "" when there is none. */
  get model(): string {
    const inPath = /\/models\/([^/:]+):/.exec(this.path) ?? /\/deployments\/([^/]+)\//.exec(this.path);
    if (inPath !== null) return decodeURIComponent(inPath[1]!);
    const inForm = /name="model"\r\n\r\n([^\r]*)/.exec(this.text);
    if (inForm !== null) return inForm[1]!;
    try {
      return String(this.json.model ?? "");
    } catch {
      return "";
    }
  }

  /** Bytes as they are; waits while the caller does not read. False once the caller is gone. */
  async write(bytes: string | Uint8Array): Promise<boolean> {
    const { socket } = this;
    if (socket.destroyed || !socket.writable) return false;
    if (!socket.write(bytes)) {
      await new Promise<void>((resolve) => {
        const go = () => {
          socket.off("drain", go);
          socket.off("close", go);
          resolve();
        };
        socket.on("drain", go);
        socket.on("close", go);
      });
    }
    return !socket.destroyed;
  }

  head(status: number, headers: Headers = {}): Promise<boolean> {
    const lines = Object.entries(headers).flatMap(([name, value]) =>
      (typeof value === "string" ? [value] : value).map((each) => `${name}: ${each}\r\n`),
    );
    return this.write(Buffer.from(`HTTP/1.1 ${status} Status\r\n${lines.join("")}\r\n`, "latin1"));
  }

  /** One HTTP chunk. */
  chunk(bytes: string | Uint8Array): Promise<boolean> {
    const body = Buffer.from(bytes as string);
    return this.write(Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n")]));
  }

  /** The last chunk: the answer is complete. */
  async end(): Promise<void> {
    this.#answered = true;
    await this.write("0\r\n\r\n");
  }

  /** A whole answer with its length. */
  async answer(status: number, body: string | Uint8Array, headers: Headers = {}): Promise<void> {
    const bytes = Buffer.from(body as string);
    this.#answered = true;
    await this.head(status, { "content-length": String(bytes.length), ...headers });
    await this.write(bytes);
  }

  /** The head of an event stream; `chunk` and `end` follow. */
  startStream(headers: Headers = {}): Promise<boolean> {
    return this.head(200, { "content-type": "text/event-stream", "transfer-encoding": "chunked", ...headers });
  }

  /** A clean end of the connection, whatever is missing. */
  fin(): void {
    this.#answered = true;
    this.socket.end();
  }

  /** RST. */
  rst(): void {
    this.#answered = true;
    this.socket.resetAndDestroy();
  }
}

type Headers = Readonly<Record<string, string | readonly string[]>>;

function keyOf(headers: Readonly<Record<string, string>>): string {
  const bearer = /^Bearer (.*)$/i.exec(headers.authorization ?? "")?.[1];
  return bearer ?? headers["x-api-key"] ?? headers["x-goog-api-key"] ?? headers["api-key"] ?? "";
}

/** Accepts and never says anything. */
export const never: Reply = () => {};

export function json(body: unknown, status = 200, headers: Headers = {}): Reply {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return (call) => call.answer(status, text, { "content-type": "application/json", ...headers });
}

/** A whole event stream, a chunk per frame. */
export function stream(frames: readonly string[], headers: Headers = {}): Reply {
  return async (call) => {
    await call.startStream(headers);
    for (const frame of frames) await call.chunk(frame);
    await call.end();
  };
}

/** The frames and then what else: silence, a reset, the end of the connection. */
export function streamThen(frames: readonly string[], then: Reply): Reply {
  return async (call) => {
    await call.startStream();
    for (const frame of frames) await call.chunk(frame);
    await then(call);
  };
}

export const reset: Reply = (call) => call.rst();
export const close: Reply = (call) => call.fin();

/** One reply after the other; the last one stays. */
export function inTurn(...replies: readonly Reply[]): Reply {
  let next = 0;
  return (call) => replies[Math.min(next++, replies.length - 1)]!(call);
}

/** Holds whoever awaits `opened` until somebody opens it. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
