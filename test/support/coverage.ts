export interface FileCoverage {
  readonly path: string;
  readonly lines: number;
  readonly hit: number;
}

/** Line counts by path, as `bun test` reports them: files that no test loaded are not in it. */
export function parseLcov(report: string): ReadonlyMap<string, FileCoverage> {
  const files = new Map<string, FileCoverage>();
  for (const record of report.split("end_of_record")) {
    const path = /^SF:(.+)$/m.exec(record)?.[1];
    if (!path) continue;
    const count = (key: string) => Number(new RegExp(`^${key}:(\\d+)$`, "m").exec(record)?.[1] ?? 0);
    files.set(path, { path, lines: count("LF"), hit: count("LH") });
  }
  return files;
}

/** A file that was never loaded: every line of its code is missing. Types are no code. */
export function countUnloaded(path: string, source: string): FileCoverage {
  const code = new Bun.Transpiler({ loader: "ts" }).transformSync(source);
  const lines = code.split("\n").filter((line) => line.trim() !== "" && !/^(import|export) .*from /.test(line));
  return { path, lines: lines.length, hit: 0 };
}

/** 100 when there is nothing to cover. */
export function percent(files: readonly FileCoverage[]): number {
  const sum = (key: "lines" | "hit") => files.reduce((total, file) => total + file[key], 0);
  return sum("lines") === 0 ? 100 : (100 * sum("hit")) / sum("lines");
}
