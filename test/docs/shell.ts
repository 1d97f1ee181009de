/** Runs commands one after the other as somebody at a prompt does: functions and variables stay. */
export class Shell {
  readonly #functions: string[] = [];
  readonly #env: Record<string, string>;

  constructor(
    env: Readonly<Record<string, string>>,
    private readonly cwd: string,
  ) {
    this.#env = { PATH: process.env.PATH ?? "", ...env };
  }

  define(definition: string): void {
    this.#functions.push(definition);
  }

  /** Throws when it fails. */
  async run(command: string): Promise<{ readonly printed: string; readonly complaint: string }> {
    if (/^\w+\(\) *\{/.test(command)) {
      this.define(command);
      return { printed: "", complaint: "" };
    }
    const assigned = /^(\w+)=/.exec(command)?.[1];
    const child = this.#start(assigned === undefined ? command : `${command}\nprintf %s "$${assigned}"`);
    child.stdin.end();
    const [printed, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
    if ((await child.exited) !== 0) throw new Error(`${command}\nfailed: ${complaint || printed}`);
    if (assigned !== undefined) this.#env[assigned] = printed;
    return { printed, complaint };
  }

  /** Starts what goes on until somebody stops it, and reads along. */
  follow(command: string): Followed {
    const child = this.#start(command.replace(/&$/, ""));
    const reader = child.stdout.getReader();
    const decoder = new TextDecoder();
    let printed = "";
    return {
      async until(pattern) {
        while (!pattern.test(printed)) {
          const { done, value } = await reader.read();
          if (done) throw new Error(`${command}\nended before ${pattern}: ${printed}${await text(child.stderr)}`);
          printed += decoder.decode(value, { stream: true });
        }
        return printed;
      },
      async stop() {
        try {
          process.kill(-child.pid, "SIGTERM"); // the shell and what it started
        } catch {} // it has ended by itself
        await child.exited;
      },
    };
  }

  #start(command: string) {
    const script = [...this.#functions, command].join("\n");
    const { cwd } = this;
    return Bun.spawn(["sh", "-c", script], {
      cwd,
      env: this.#env,
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
  }
}

export interface Followed {
  /** Everything printed so far, as soon as it matches; throws when the command ends before. */
  until(pattern: RegExp): Promise<string>;
  stop(): Promise<void>;
}

const text = (stream: ReadableStream<Uint8Array>) => new Response(stream).text();
