import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ADMIN_TOKEN = "adm_process-test-0123456789";
export const CLIENT_KEY = "sk-process-client-0123456789";

const MAIN = join(import.meta.dir, "../../src/main.ts");

/** Long enough for the slowest machine; only a failing test waits for it. */
const SILENCE_MS = 30_000;

/** What `npm start` sets, so that the process need not replace itself: that would load everything twice. */
const AS_NPM_START = { BUN_CONFIG_MAX_HTTP_REQUESTS: "65535" };

export interface LaunchOptions {
  readonly args?: readonly string[];
  /** Beside PATH, HOME and AS_NPM_START; nothing else of the test's own environment reaches the child. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly cwd: string;
  /** Commands that end in running what follows them. */
  readonly under?: readonly string[];
}

/** `bun src/main.ts` as a child of the test. */
export interface Sluice {
  readonly pid: number;
  /** What it printed on stdout so far, line by line. */
  readonly lines: readonly string[];
  readonly stderr: Promise<string>;
  /** The exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** The first line that `wanted` likes, printed already or still to come. Rejects when the process ends without it, or falls silent. */
  line(wanted: (line: string) => boolean): Promise<string>;
  signal(name: NodeJS.Signals): void;
  /** Closes this end of its stdout: what it writes from now on is an EPIPE. */
  stopReading(): Promise<void>;
}

/** A child that serves. */
export interface Serving extends Sluice {
  readonly url: string;
  /** From the start of the process until /ready answered 200. */
  readonly readyMs: number;
}

export function launch({ args = [], env = {}, cwd, under = [] }: LaunchOptions): Sluice {
  const child = Bun.spawn([...under, process.execPath, MAIN, ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? cwd, ...AS_NPM_START, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  let waiting: { wanted: (line: string) => boolean; resolve: (line: string) => void; reject: (e: Error) => void }[] =
    [];
  const stdout = child.stdout.getReader();
  const stderr = new Response(child.stderr).text();
  const readAll = async () => {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await stdout.read();
      if (done) break;
      rest += decoder.decode(value, { stream: true });
      const parts = rest.split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) {
        lines.push(line);
        waiting = waiting.filter(({ wanted, resolve }) => !wanted(line) || resolve(line));
      }
    }
    const words = `${lines.join("\n")}\n${await stderr}`;
    for (const { reject } of waiting) reject(new Error(`the process ended without the line:\n${words}`));
    waiting = [];
  };
  const reading = readAll();
  return {
    pid: child.pid,
    lines,
    stderr,
    exited: child.exited.then(async () => {
      await reading;
      return child.signalCode === null ? child.exitCode : null;
    }),
    line(wanted) {
      const known = lines.find(wanted);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((resolve, reject) => {
        const silent = setTimeout(
          () => reject(new Error(`no such line:\n${lines.join("\n")}\n${stateOf(child.pid)}`)),
          SILENCE_MS,
        );
        const found = (text: string) => {
          clearTimeout(silent);
          resolve(text);
        };
        waiting.push({ wanted, resolve: found, reject });
      });
    },
    signal: (name) => child.kill(name),
    stopReading: () => stdout.cancel(),
  };
}

/** What the threads of a process that fell silent are doing, one a line: name, state, what it waits for, CPU ticks. Linux only. */
function stateOf(pid: number): string {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) => {
      const read = (name: string) => readFileSync(`/proc/${pid}/task/${thread}/${name}`, "utf8").trim();
      const [state, ...numbers] = read("stat")
        .replace(/^.*\) /s, "")
        .split(" ");
      return `${read("comm")} ${state} ${read("wchan")} ${numbers[10]}+${numbers[11]}`;
    });
    return `process ${pid} is there:\n${threads.join("\n")}`;
  } catch (error) {
    return `process ${pid}: ${error}`;
  }
}

/** A log line with this message. */
export function says(message: string): (line: string) => boolean {
  return (line) => line.startsWith("{") && (JSON.parse(line) as { message?: unknown }).message === message;
}

/** Starts and waits until it is ready, on a free port unless told otherwise. */
async function serve(options: LaunchOptions): Promise<Serving> {
  const startedAt = performance.now();
  const sluice = launch({ ...options, env: { PORT: "0", ...options.env } });
  const { url } = JSON.parse(await sluice.line(says("listening"))) as { url: string };
  const ready = await fetch(`${url}/ready`);
  if (ready.status !== 200) throw new Error(`/ready answers ${ready.status}`);
  return { ...sluice, url, readyMs: performance.now() - startedAt };
}

/** Runs to its end. */
export async function run(options: LaunchOptions): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const sluice = launch(options);
  const code = await sluice.exited;
  return { code, stdout: sluice.lines.join("\n"), stderr: await sluice.stderr };
}

export interface Scratch {
  readonly path: string;
  /** Starts a child that `clean` ends, whatever became of the test. */
  serve(
    env?: Record<string, string | undefined>,
    args?: readonly string[],
    under?: readonly string[],
  ): Promise<Serving>;
  /** Writes a file and gives its path. */
  write(name: string, content: string | object): Promise<string>;
  /** Ends the children; `clean` does too, and takes everything away. */
  stop(): Promise<void>;
  clean(): Promise<void>;
}

/** An empty directory to run in: the working directory, with the data directory in it. */
export async function makeScratch(): Promise<Scratch> {
  const path = await mkdtemp(join(tmpdir(), "sluice-process-"));
  const children: Sluice[] = [];
  const stop = async () => {
    for (const child of children) child.signal("SIGKILL");
    await Promise.all(children.map((child) => child.exited));
  };
  return {
    path,
    stop,
    async serve(env = {}, args = [], under = []) {
      const serving = await serve({ cwd: path, env: { DATA_DIR: join(path, "data"), ...env }, args, under });
      children.push(serving);
      return serving;
    },
    async write(name, content) {
      const file = join(path, name);
      await Bun.write(file, typeof content === "string" ? content : JSON.stringify(content));
      return file;
    },
    async clean() {
      await stop();
      await rm(path, { recursive: true, force: true });
    },
  };
}
