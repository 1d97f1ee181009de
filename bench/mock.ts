/** The fake vendor: its requests' model names say how it is to behave (see native/mock.c). */
export interface Mock {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startMock(program: string): Promise<Mock> {
  const child = Bun.spawn([program], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  process.on("exit", () => child.kill("SIGKILL"));
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const port = Number(/^listening (\d+)/.exec(new TextDecoder().decode(value))?.[1]);
  if (!port) throw new Error("the mock vendor did not start");
  const stop = async () => {
    child.kill("SIGTERM");
    await child.exited;
  };
  return { port, stop };
}
