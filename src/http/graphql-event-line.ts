import type { ExecutionResult, GraphQLError } from "graphql";
import { unauthenticated } from "../../schema/guard.ts";
import { withoutStatus } from "./graphql-errors.ts";
import type { LineOwner, PreparedOperation } from "./graphql-operation.ts";

/** Well under the 10 s after which Bun, and the shortest proxies, take a silent connection for dead. Also when the session is looked at. */
const PING_MS = 5000;
/** A reader that lets so many bytes pile up is waited for: its subscriptions then skip what they can. */
const MAX_BUFFERED_BYTES = 1_048_576;

const encoder = new TextEncoder();

/** One event stream that carries the results of many operations (the "single connection mode" of graphql-sse). */
export class EventLine {
  readonly owner: LineOwner;
  readonly #onEnd: () => void;
  readonly #running = new Map<string, AsyncIterator<ExecutionResult> | null>();
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #waiting: (() => void)[] = [];
  #isOver = false;

  constructor(owner: LineOwner, onEnd: () => void) {
    this.owner = owner;
    this.#onEnd = onEnd;
  }

  get isOpen(): boolean {
    return this.#controller !== null;
  }

  has(operationId: string): boolean {
    return this.#running.has(operationId);
  }

  get size(): number {
    return this.#running.size;
  }

  /** The body of the answer that everything is written to. */
  open(isStillValid: () => boolean): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          controller.enqueue(encoder.encode(":\n\n"));
          this.#timer = setInterval(() => {
            if (!isStillValid()) return this.#expire();
            // A reader that is behind has bytes to read: it needs no sign of life.
            if ((controller.desiredSize ?? 0) >= MAX_BUFFERED_BYTES) controller.enqueue(encoder.encode(":\n\n"));
          }, PING_MS);
        },
        pull: () => this.#wake(),
        cancel: () => this.end(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MAX_BUFFERED_BYTES }),
    );
  }

  /** The id is taken from now on, so that a second operation of the same name is refused. */
  reserve(operationId: string): void {
    this.#running.set(operationId, null);
  }

  /** Runs to the end of the operation; never rejects. */
  async run(operationId: string, prepared: PreparedOperation | readonly GraphQLError[], isSubscription: boolean) {
    const results = await resultsOf(prepared, isSubscription);
    if (!this.has(operationId)) return void (await results.return?.()); // Ended before it began.
    this.#running.set(operationId, results);
    try {
      for (let step = await results.next(); !step.done; step = await results.next()) {
        if (this.#running.get(operationId) !== results) break;
        await this.#send("next", { id: operationId, payload: bare(step.value) });
      }
      if (this.#running.get(operationId) === results) await this.#send("complete", { id: operationId });
    } finally {
      if (this.#running.get(operationId) === results) this.#running.delete(operationId);
      await results.return?.();
    }
  }

  async stop(operationId: string): Promise<void> {
    const results = this.#running.get(operationId);
    this.#running.delete(operationId);
    if (results === undefined) return;
    await results?.return?.();
    if (!this.#isOver) this.#write("complete", { id: operationId });
  }

  /** The client has gone, or must. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    const running = [...this.#running.values()];
    this.#running.clear();
    this.#wake();
    for (const results of running) void results?.return?.();
    this.#onEnd();
  }

  #expire(): void {
    const payload = { errors: [withoutStatus(unauthenticated())] };
    for (const id of this.#running.keys()) this.#write("next", { id, payload });
    this.#controller?.close();
    this.end();
  }

  async #send(event: string, data: object): Promise<void> {
    if (this.#controller === null) await this.#woken(); // Nobody listens yet.
    if (this.#isOver) return;
    this.#write(event, data);
    if ((this.#controller?.desiredSize ?? 0) <= 0) await this.#woken();
  }

  #write(event: string, data: object): void {
    this.#controller?.enqueue(encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

async function resultsOf(
  prepared: PreparedOperation | readonly GraphQLError[],
  isSubscription: boolean,
): Promise<AsyncIterator<ExecutionResult>> {
  if (!("document" in prepared)) return once({ errors: prepared });
  const result = await (isSubscription ? prepared.subscribe(prepared) : prepared.execute(prepared));
  return Symbol.asyncIterator in result ? result[Symbol.asyncIterator]() : once(result);
}

async function* once(result: ExecutionResult): AsyncGenerator<ExecutionResult, undefined> {
  yield result;
}

function bare(result: ExecutionResult) {
  return result.errors === undefined ? result : { ...result, errors: result.errors.map(withoutStatus) };
}
