import { join } from "node:path";

export interface NativeTools {
  readonly mock: string;
  readonly load: string;
}

/** Compiles the mock and the load generator; in C, so that they are never what limits a gateway. */
export async function compileNativeTools(directory: string): Promise<NativeTools> {
  const compiler = Bun.which(process.env.CC ?? "cc");
  if (!compiler) {
    throw new Error(
      "no C compiler: the bench's mock vendor and load generator are C files. Install gcc or clang " +
        "(Debian, Ubuntu: apt-get install gcc libc6-dev), or name one with CC=…",
    );
  }
  const [mock, load] = await Promise.all(
    ["mock", "load"].map((name) =>
      compile(compiler, join(import.meta.dir, "native", `${name}.c`), join(directory, name)),
    ),
  );
  return { mock: mock!, load: load! };
}

async function compile(compiler: string, source: string, output: string): Promise<string> {
  const child = Bun.spawn([compiler, "-O2", "-o", output, source], { stdout: "ignore", stderr: "pipe" });
  const errors = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`${compiler} cannot compile ${source}:\n${errors}`);
  return output;
}
