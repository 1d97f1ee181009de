import { join } from "node:path";
import { onServerCore } from "../machine.ts";
import { freePort, waitForOk } from "../network.ts";
import { launch } from "../processes.ts";
import { type Arena, bunWithoutRequestCap, type Contestant, plainEnvironment } from "./contestant.ts";

/** The least a proxy on Bun can do, and so the price of everything Sluice does beyond it. */
export function bareRelay({ cores, mockPort, directory }: Arena): Contestant {
  return {
    name: "bare relay",
    async start() {
      const port = freePort();
      const child = launch({
        command: onServerCore(cores, [process.execPath, join(import.meta.dir, "bare-relay-server.ts")]),
        env: {
          ...plainEnvironment(),
          ...bunWithoutRequestCap,
          PORT: String(port),
          UPSTREAM: `http://127.0.0.1:${mockPort}`,
        },
        cwd: directory,
        logFile: join(directory, "bare-relay.log"),
      });
      await waitForOk(`http://127.0.0.1:${port}/`, child);
      return { port, pid: child.pid, stop: () => child.stop() };
    },
  };
}
