import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface BinaryReport {
  /** From the start of the process to the first 200 of /health, with an empty data directory. */
  readonly startMs: number;
  readonly stopMs: number;
  /** Resident two seconds after it was ready, before anybody asked it for anything; null where the kernel does not say (not Linux). */
  readonly idleBytes: number | null;
}

const START_DEADLINE_MS = 10_000;
const STOP_DEADLINE_MS = 5_000;
const IDLE_AFTER_MS = 2_000;
/** On a busy machine it comes to rest later. */
const IDLE_DEADLINE_MS = 10_000;
/** What is promised for a machine at rest; it is about 45 MB. */
const IDLE_LIMIT_BYTES = 60_000_000;
const CLIENT_KEY = "sk-smoke-client";
const ADMIN_TOKEN = "smoke-admin-token-that-is-long-enough";

/**
 * Tries out a compiled Sluice from an empty directory, so that nothing of the source tree can help it: it must start, be content
 * with little memory at rest, serve the console, GraphQL and a chat request, store that request, write nothing outside its data
 * directory and end on SIGTERM. Throws with the binary's log otherwise.
 */
export async function tryBinary(binary: string): Promise<BinaryReport> {
  const root = await mkdtemp(join(tmpdir(), "sluice-smoke-"));
  // The working directory, the home directory and the one for temporary files must stay empty.
  const outside = { cwd: join(root, "cwd"), home: join(root, "home"), temporary: join(root, "tmp") };
  for (const directory of Object.values(outside)) await mkdir(directory);
  const vendor = startVendor();
  const port = await freePort();
  const configFile = join(root, "sluice.json");
  await Bun.write(configFile, JSON.stringify(configuration(vendor.url.origin)));
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: outside.home,
    TMPDIR: outside.temporary,
    PORT: String(port),
    DATA_DIR: join(root, "data"),
    CONFIG_FILE: configFile,
    ADMIN_TOKEN,
    ALLOW_PRIVATE_UPSTREAMS: "127.0.0.0/8",
  };
  const startedAt = performance.now();
  const log = join(root, "log");
  const server = Bun.spawn([binary], {
    cwd: outside.cwd,
    env,
    stdin: "ignore",
    stdout: Bun.file(log),
    stderr: Bun.file(`${log}.err`),
  });
  const health = () =>
    Bun.spawn([binary, "health"], { cwd: outside.cwd, env, stdio: ["ignore", "ignore", "ignore"] }).exited;
  const origin = `http://127.0.0.1:${port}`;
  try {
    await waitForOk(`${origin}/health`, () => server.exitCode === null);
    const startMs = performance.now() - startedAt;
    await waitForOk(`${origin}/ready`, () => server.exitCode === null);
    const idleBytes = await expectLittleMemory(server.pid);
    await expectConsole(origin);
    await expectChat(origin);
    await expectGraphql(origin);
    expectEqual("exit code of `sluice health` while it serves", await health(), 0);

    const stoppedAt = performance.now();
    server.kill("SIGTERM");
    expectEqual(
      "exit code after SIGTERM",
      await withDeadline(server.exited, STOP_DEADLINE_MS, "it does not end on SIGTERM"),
      0,
    );
    const stopMs = performance.now() - stoppedAt;
    expectEqual("exit code of `sluice health` when nothing serves", await health(), 1);
    for (const [name, directory] of Object.entries(outside)) {
      expectEqual(`files left in ${name}`, (await readdir(directory)).join(", "), "");
    }
    if ((await readdir(env.DATA_DIR)).length === 0) throw new Error("the data directory is empty");
    return { startMs, stopMs, idleBytes };
  } catch (cause) {
    const said = await Promise.all([log, `${log}.err`].map((file) => Bun.file(file).text()));
    throw new Error(`the binary fails: ${cause instanceof Error ? cause.message : cause}\n${said.join("\n").trim()}`);
  } finally {
    server.kill("SIGKILL");
    await vendor.stop(true);
    await rm(root, { recursive: true, force: true });
  }
}

function configuration(vendor: string) {
  return {
    providers: [
      { name: "vendor", kind: "openai", baseUrl: `${vendor}/v1`, keys: [{ name: "key", secret: "sk-smoke-upstream" }] },
    ],
    models: [{ name: "smoke", targets: [{ provider: "vendor", model: "upstream-model" }] }],
    clientKeys: [{ name: "client", secret: CLIENT_KEY }],
  };
}

/** Answers every chat request with "pong", as a stream when asked to. */
function startVendor() {
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { stream, model } = (await request.json()) as { stream?: boolean; model: string };
      const head = { id: "chatcmpl-1", created: 1, model };
      const usage = { prompt_tokens: 2, completion_tokens: 1, total_tokens: 3 };
      if (!stream) {
        const message = { role: "assistant", content: "pong" };
        const choices = [{ index: 0, message, finish_reason: "stop" }];
        return Response.json({ ...head, object: "chat.completion", choices, usage });
      }
      const chunk = (delta: object, finish_reason: string | null) => {
        const choices = [{ index: 0, delta, finish_reason }];
        return `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices })}\n\n`;
      };
      const last = `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices: [], usage })}\n\n`;
      const body = chunk({ role: "assistant", content: "pong" }, null) + chunk({}, "stop") + last;
      return new Response(`${body}data: [DONE]\n\n`, { headers: { "content-type": "text/event-stream" } });
    },
  });
}

async function expectLittleMemory(pid: number): Promise<number | null> {
  if (process.platform !== "linux") return null;
  const resident = async () =>
    Number(/^VmRSS:\s+(\d+) kB$/m.exec(await Bun.file(`/proc/${pid}/status`).text())?.[1]) * 1024;
  const deadline = Date.now() + IDLE_DEADLINE_MS;
  await Bun.sleep(IDLE_AFTER_MS);
  for (;;) {
    const bytes = await resident();
    if (bytes <= IDLE_LIMIT_BYTES) return bytes;
    if (Date.now() > deadline) {
      throw new Error(`${(bytes / 1e6).toFixed(1)} MB of memory at rest: more than ${IDLE_LIMIT_BYTES / 1e6} MB`);
    }
    await Bun.sleep(100);
  }
}

async function expectConsole(origin: string): Promise<void> {
  const page = await fetch(`${origin}/`);
  const html = await page.text();
  expectEqual("status of the console", page.status, 200);
  const script = /<script type="module" src="([^"]+)"/.exec(html)?.[1];
  if (!script) throw new Error(`the console's page names no script: ${html.slice(0, 300)}`);
  const answer = await fetch(new URL(script, `${origin}/`));
  expectEqual("status of the console's script", answer.status, 200);
  expectEqual("type of the console's script", answer.headers.get("content-type"), "text/javascript; charset=utf-8");
  if ((await answer.text()).length < 1000) throw new Error("the console's script is empty");
}

async function expectChat(origin: string): Promise<void> {
  for (const stream of [false, true]) {
    const answer = await fetch(`${origin}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${CLIENT_KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "smoke", stream, messages: [{ role: "user", content: "ping" }] }),
    });
    const text = await answer.text();
    if (answer.status !== 200 || !text.includes("pong") || (stream && !text.trimEnd().endsWith("[DONE]"))) {
      throw new Error(`chat, stream ${stream}: ${answer.status} ${text}`);
    }
  }
}

async function expectGraphql(origin: string): Promise<void> {
  const answer = await fetch(`${origin}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ query: "{ __schema { queryType { name } subscriptionType { name } } }" }),
  });
  const text = await answer.text();
  if (answer.status !== 200 || !text.includes('"Subscription"')) throw new Error(`graphql: ${answer.status} ${text}`);
}

async function waitForOk(url: string, isAlive: () => boolean): Promise<void> {
  const deadline = performance.now() + START_DEADLINE_MS;
  let last = "no answer";
  while (performance.now() < deadline) {
    if (!isAlive()) throw new Error("it ended while starting");
    try {
      const { status } = await fetch(url);
      if (status === 200) return;
      last = `status ${status}`;
    } catch {
      // Nothing listens yet.
    }
    await Bun.sleep(2);
  }
  throw new Error(`${url}: ${last} after ${START_DEADLINE_MS} ms`);
}

async function freePort(): Promise<number> {
  const probe = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const { port } = probe;
  await probe.stop(true);
  return port ?? 0;
}

async function withDeadline<T>(promise: Promise<T>, deadlineMs: number, complaint: string): Promise<T> {
  const late = Bun.sleep(deadlineMs).then(() => Promise.reject(new Error(complaint)));
  return Promise.race([promise, late]);
}

function expectEqual(what: string, found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${what}: ${found}, not ${wanted}`);
}
