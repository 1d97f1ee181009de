import { existsSync } from "node:fs";
import { join } from "node:path";
import { onServerCore } from "../machine.ts";
import { freePort, waitForOk } from "../network.ts";
import { launch } from "../processes.ts";
import { type Arena, bunWithoutRequestCap, type Contestant, plainEnvironment } from "./contestant.ts";

const version = "1.15.2";

/** The gateway most like ours that also runs on Bun. It neither authenticates nor accounts. */
export async function portkey({ cores, mockPort, directory }: Arena): Promise<Contestant> {
  const program = await install(join(import.meta.dir, "../out/portkey"));
  return {
    name: "portkey",
    headers: {
      "x-portkey-provider": "openai",
      "x-portkey-custom-host": `http://127.0.0.1:${mockPort}/v1`,
    },
    async start() {
      const port = freePort();
      const child = launch({
        command: onServerCore(cores, [process.execPath, program, `--port=${port}`, "--headless"]),
        env: { ...plainEnvironment(), ...bunWithoutRequestCap, NODE_ENV: "production" },
        cwd: directory,
        logFile: join(directory, "portkey.log"),
      });
      await waitForOk(`http://127.0.0.1:${port}/`, child);
      return { port, pid: child.pid, stop: () => child.stop() };
    },
  };
}

/** Installs once, without running anybody's install scripts. Returns the server's entry point. */
async function install(prefix: string): Promise<string> {
  const home = join(prefix, "node_modules/@portkey-ai/gateway");
  const isInstalled =
    existsSync(join(home, "package.json")) && (await Bun.file(join(home, "package.json")).json()).version === version;
  if (!isInstalled) {
    console.error(`installing @portkey-ai/gateway ${version} into ${prefix} …`);
    const npm = ["npm", "install", "--prefix", prefix, "--ignore-scripts", "--no-audit", "--no-fund"];
    const child = Bun.spawn([...npm, `@portkey-ai/gateway@${version}`], { stdout: "ignore", stderr: "inherit" });
    if ((await child.exited) !== 0) throw new Error("npm could not install Portkey; run without --portkey");
  }
  return join(home, "build/start-server.js");
}
