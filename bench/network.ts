import { readFileSync } from "node:fs";
import type { Child } from "./processes.ts";

/** A loopback port that is free now. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

/** Polls until `url` answers 200; fails with the end of the child's log when it ends first or takes too long. */
export async function waitForOk(url: string, child: Child, pollMs = 10, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await answersOk(url))) {
    if (child.hasExited()) throw new Error(`it ended before it answered ${url}\n${endOfLog(child)}`);
    if (performance.now() > deadline) throw new Error(`no 200 from ${url} within ${timeoutMs} ms\n${endOfLog(child)}`);
    await Bun.sleep(pollMs);
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { keepalive: false, signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false; // not listening yet
  }
}

function endOfLog(child: Child): string {
  return readFileSync(child.logFile, "utf8").trimEnd().split("\n").slice(-15).join("\n");
}
