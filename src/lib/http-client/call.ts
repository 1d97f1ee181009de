import { ChunkedDecoder } from "./chunked.ts";
import type { Connection, ConnectionUser } from "./connection.ts";
import { HttpError, type HttpErrorCode, MalformedError } from "./errors.ts";
import { type Framing, framingOf } from "./framing.ts";
import { type BodySource, IncomingBody } from "./incoming-body.ts";
import { PartialHead } from "./partial-head.ts";
import { declaredLength, writeRequestHead } from "./request-head.ts";
import { RequestStream } from "./request-stream.ts";
import { hasHeadEnd, parseResponseHead, type ResponseHead } from "./response-head.ts";
import type { HttpAnswer, HttpRequest, Peer, SendOptions } from "./types.ts";

/** 100 and 103 come before the answer; more than a few of them are nobody's good intention. */
const MAX_INTERIM_HEADS = 16;

/** Where a call gets its connection from and gives it back to. */
export interface CallHost {
  readonly maxHeadBytes: number;
  /** An open connection, or one that dials and will tell the call. Throws HttpError. */
  connect(call: HttpCall, options: SendOptions): Connection;
  /** The connection is good for another call. */
  release(connection: Connection): void;
}

type Phase = "connecting" | "head" | "body" | "done";

/** One request and its answer. */
export class HttpCall implements ConnectionUser, BodySource {
  readonly #answer = Promise.withResolvers<HttpAnswer>();
  #phase: Phase = "connecting";
  #reused = false;
  #head = "";
  #connection: Connection | null = null;
  #sending: RequestStream | null = null;
  #hasSentAll = false;
  #partialHead: PartialHead | null = null;
  #interimHeads = 0;
  #framing: Framing | null = null;
  #chunks: ChunkedDecoder | null = null;
  /** Of a body with a length: bytes still to come. */
  #left = 0;
  #body: IncomingBody | null = null;

  /** Let go of when its answer begins: streams run for minutes, and a prompt may be large. */
  #request: HttpRequest | null;
  readonly peer: Peer;
  readonly #method: string;

  constructor(
    request: HttpRequest,
    private readonly host: CallHost,
  ) {
    this.#request = request;
    this.peer = request.peer;
    this.#method = request.method;
  }

  /** @internal Called once, by the client. */
  start(options: SendOptions): void {
    try {
      this.#head = writeRequestHead(this.#request!);
      this.#connection = this.host.connect(this, options);
    } catch (error) {
      if (error instanceof HttpError) this.#failWith(error);
      else this.#fail("protocol", "the request cannot be sent as HTTP", error);
      return;
    }
    if (this.#connection.isOpen) this.onReady(this.#connection);
  }

  /** Ends it at any time, also while its body is read; the connection is closed. Reads then reject with "aborted". */
  abort(): void {
    this.#fail("aborted", "the call was given up");
  }

  get answer(): Promise<HttpAnswer> {
    return this.#answer.promise;
  }

  get reused(): boolean {
    return this.#reused;
  }

  get canWait(): boolean {
    return this.#phase === "head";
  }

  onReady(connection: Connection): void {
    connection.use(this);
    this.#reused = connection.uses > 1;
    this.#phase = "head";
    const { body } = this.#request!;
    if (body === null || body instanceof Uint8Array) connection.writeSoon(this.#head, body);
    else this.#sendStream(connection, body);
  }

  onFlushed(): void {
    if (this.#sending !== null) this.#sending.onFlushed();
    else this.#hasSentAll = true;
  }

  onData(block: Buffer): void {
    try {
      if (this.#phase === "head") this.#takeHead(block);
      else this.#takeBody(block, 0);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#fail("protocol", error.message);
    }
  }

  onClosed(error: HttpError): void {
    this.#connection = null;
    if (this.#phase === "connecting" || error.code === "aborted") this.#failWith(error);
    else if (this.#phase === "body" && this.#framing!.kind === "until_close" && !isCut(error)) this.#finish(false);
    else this.#fail(this.#hasBegun() ? "truncated" : "closed", error.message, error.cause);
  }

  pauseBody(): void {
    this.#connection?.pause();
  }

  resumeBody(): void {
    this.#connection?.resume();
  }

  #sendStream(connection: Connection, body: ReadableStream<Uint8Array>): void {
    connection.write(Buffer.from(this.#head, "latin1"));
    const sending = new RequestStream(connection, body, declaredLength(this.#request!));
    this.#sending = sending;
    sending.send().then(
      () => {
        if (this.#sending !== sending) return;
        this.#sending = null;
        this.#hasSentAll = connection.isFlushed;
      },
      (error: unknown) => {
        if (this.#sending === sending) this.#fail("request_body", "the request body broke off", error);
      },
    );
  }

  #takeHead(block: Uint8Array): void {
    let bytes = block;
    if (this.#partialHead !== null) {
      const whole = this.#partialHead.add(block);
      if (whole === null) return;
      bytes = whole;
      this.#partialHead = null;
    }
    while (hasHeadEnd(bytes)) {
      const head = parseResponseHead(bytes, this.host.maxHeadBytes);
      if (head.status >= 200) {
        this.#beginBody(head, bytes);
        return;
      }
      if (head.status === 101) throw new MalformedError("a change of protocol that nobody asked for");
      if (++this.#interimHeads > MAX_INTERIM_HEADS) throw new MalformedError("too many interim answers");
      bytes = bytes.subarray(head.byteLength);
    }
    if (bytes.length > 0) this.#partialHead = new PartialHead(bytes, this.host.maxHeadBytes);
  }

  #beginBody(head: ResponseHead, bytes: Uint8Array): void {
    const framing = framingOf(head, this.#method);
    if (!this.#hasSentAll) this.#stopSending();
    this.#request = null;
    this.#head = "";
    this.#framing = framing;
    this.#left = framing.length ?? 0;
    const body = new IncomingBody(this, framing.length);
    this.#body = body;
    this.#phase = "body";
    this.#answer.resolve({ status: head.status, headers: head, body });
    this.#takeBody(bytes, head.byteLength);
  }

  #takeBody(block: Uint8Array, from: number): void {
    const body = this.#body!;
    switch (this.#framing!.kind) {
      case "length": {
        const end = Math.min(block.length, from + this.#left);
        if (end > from) body.push(block.subarray(from, end));
        this.#left -= end - from;
        if (this.#left === 0) this.#finish(end === block.length);
        return;
      }
      case "chunked": {
        this.#chunks ??= new ChunkedDecoder();
        const { data, end } = this.#chunks.decode(block, from);
        if (data !== null) body.push(data);
        if (this.#chunks.isDone) this.#finish(end === block.length);
        return;
      }
      case "until_close":
        if (block.length > from) body.push(block.subarray(from));
    }
  }

  /** Whether a byte of an answer has come. */
  #hasBegun(): boolean {
    return this.#phase === "body" || this.#partialHead !== null || this.#interimHeads > 0;
  }

  /** The answer came before all was sent: the peer has decided, and the connection is in the middle of our request. */
  #stopSending(): void {
    this.#sending?.stop();
    this.#sending = null;
    this.#connection?.dropUnsent();
  }

  /** The end of the answer. `isClean`: nothing came after it. */
  #finish(isClean: boolean): void {
    if (this.#phase === "done") return;
    this.#phase = "done";
    this.#body!.end();
    const connection = this.#connection;
    this.#connection = null;
    if (connection !== null) {
      if (isClean && this.#hasSentAll && this.#framing!.keepsAlive) this.host.release(connection);
      else connection.close();
    }
  }

  #fail(code: HttpErrorCode, message: string, cause?: unknown): void {
    this.#failWith(new HttpError(code, message, this.#reused, cause));
  }

  #failWith(error: HttpError): void {
    const phase = this.#phase;
    if (phase === "done") return;
    this.#phase = "done";
    const connection = this.#connection;
    this.#connection = null;
    this.#sending?.stop();
    this.#sending = null;
    connection?.close();
    if (phase === "body") {
      this.#body!.fail(error);
      return;
    }
    // Whoever gave the call up need not look at the answer any more.
    this.answer.catch(() => {});
    this.#answer.reject(error);
  }
}

/** A reset, or a broken TLS record: other than a clean end it says nothing about the answer being whole. */
function isCut(error: HttpError): boolean {
  return error.cause !== undefined;
}
