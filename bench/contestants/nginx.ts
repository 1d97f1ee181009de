import { join } from "node:path";
import { onServerCore } from "../machine.ts";
import { freePort, waitForOk } from "../network.ts";
import { launch } from "../processes.ts";
import { type Arena, type Contestant, plainEnvironment } from "./contestant.ts";

/** The yardstick: what a proxy written in C takes for the same bytes. Undefined where nginx is not installed. */
export function nginx({ cores, mockPort, directory }: Arena): Contestant | undefined {
  // Debian installs it where only root's PATH looks.
  const program = Bun.which("nginx") ?? Bun.which("/usr/sbin/nginx");
  if (!program) return undefined;
  return {
    name: "nginx",
    async start() {
      const port = freePort();
      const streamPort = freePort();
      const values: Record<string, string | number> = {
        DIRECTORY: directory,
        PORT: port,
        STREAM_PORT: streamPort,
        MOCK_PORT: mockPort,
        FILES: fileLimit(),
        // Started by root, the worker would change to a user who cannot write into our directory.
        USER: process.getuid?.() === 0 ? "user root;" : "",
      };
      const template = await Bun.file(join(import.meta.dir, "nginx.conf")).text();
      const configFile = join(directory, `nginx-${port}.conf`);
      await Bun.write(
        configFile,
        template.replace(/@([A-Z_]+)@/g, (_, name: string) => String(values[name])),
      );
      const child = launch({
        command: onServerCore(cores, [program, "-e", "stderr", "-p", directory, "-c", configFile]),
        env: plainEnvironment(),
        cwd: directory,
        logFile: join(directory, "nginx.log"),
      });
      await waitForOk(`http://127.0.0.1:${port}/`, child);
      return { port, streamPort, pid: child.pid, stop: () => child.stop() };
    },
  };
}

function fileLimit(): number {
  const limit = Bun.spawnSync(["sh", "-c", "ulimit -Hn"]).stdout.toString().trim();
  return limit === "unlimited" ? 65_536 : Math.min(Number(limit), 65_536);
}
