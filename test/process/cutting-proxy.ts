import type { Socket } from "bun";

export interface CuttingProxy {
  readonly url: string;
  /** Ends every connection, and each new one, until `resume`. */
  cut(): void;
  resume(): void;
  stop(): void;
}

interface Pair {
  other: Socket<Pair> | null;
  /** What came before the other side was there. */
  early: Buffer[];
}

/** A byte pipe in front of `target`. */
export function startCuttingProxy(target: string): CuttingProxy {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket<Pair>>();
  let isCut = false;
  const closed = (socket: Socket<Pair>) => {
    open.delete(socket);
    socket.data.other?.end();
  };
  const listener = Bun.listen<Pair>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(client) {
        client.data = { other: null, early: [] };
        if (isCut) return void client.terminate();
        open.add(client);
        const socket = {
          open(upstream: Socket<Pair>) {
            client.data.other = upstream;
            for (const bytes of client.data.early) upstream.write(bytes);
          },
          data: (_: Socket<Pair>, bytes: Buffer) => void client.write(bytes),
          close: closed,
          error: closed,
        };
        const data = { other: client, early: [] };
        Bun.connect<Pair>({ hostname, port: Number(port), data, socket }).catch(() => client.end());
      },
      data({ data }, bytes) {
        if (data.other === null) data.early.push(Buffer.from(bytes));
        else data.other.write(bytes);
      },
      close: closed,
      error: closed,
    },
  });
  return {
    url: `http://127.0.0.1:${listener.port}`,
    cut() {
      isCut = true;
      for (const client of open) client.terminate();
    },
    resume() {
      isCut = false;
    },
    stop: () => listener.stop(true),
  };
}
