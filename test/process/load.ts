import { chat } from "./gateway.ts";

/** A request whose answer has arrived whole. */
export interface Answered {
  /** The gateway's id for it, which is the id of its row. */
  readonly id: string;
  /** By the client's clock, `performance.now()`. */
  readonly atMs: number;
}

export interface Load {
  readonly answered: readonly Answered[];
  /** Resolves when `count` answers have arrived. */
  reached(count: number): Promise<void>;
  /** Sends no more; resolves when nothing is under way. */
  stop(): Promise<void>;
}

/** `clients` at a time, one request after the other, every other one a stream. A client whose connection fails stops. */
export function startLoad(url: string, clients: number): Load {
  const answered: Answered[] = [];
  let watchers: { count: number; resolve: () => void }[] = [];
  let stopping = false;
  const run = async (client: number) => {
    while (!stopping) {
      try {
        const response = await chat(url, "now", client % 2 === 1);
        const text = await response.text();
        if (response.status !== 200 || !text.includes("three")) continue;
        answered.push({ id: response.headers.get("x-request-id") ?? "", atMs: performance.now() });
      } catch {
        return;
      }
      watchers = watchers.filter(({ count, resolve }) => answered.length < count || resolve());
    }
  };
  const running = Promise.all(Array.from({ length: clients }, (_, client) => run(client)));
  return {
    answered,
    reached: (count) =>
      new Promise((resolve) => {
        if (answered.length >= count) resolve();
        else watchers.push({ count, resolve });
      }),
    async stop() {
      stopping = true;
      await running;
    },
  };
}
