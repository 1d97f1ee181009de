import { readFileSync } from "node:fs";

const MADV_DONTNEED = 4;

/**
 * Gives back the machine code that only the start ran through (migrations, parsers, the reading of modules): 25 MB of the 35 that are
 * mapped by then. What is used again the kernel maps again, from its cache of the file, in less time than a request takes.
 * Best effort: without glibc, or on other systems, nothing happens.
 */
export async function giveBackStartCode(): Promise<void> {
  if (process.platform !== "linux") return;
  try {
    const ranges = codeRanges(readFileSync("/proc/self/smaps", "latin1"), process.execPath);
    const { dlopen } = await import("bun:ffi");
    const c = dlopen("libc.so.6", { madvise: { args: ["u64", "u64", "i32"], returns: "i32" } });
    for (const { start, bytes } of ranges) c.symbols.madvise(start, bytes, MADV_DONTNEED);
    c.close();
  } catch {
    // No such library, or none may be opened: the memory stays as it is.
  }
}

/**
 * Where the program's own code stands, in the text of /proc/…/smaps. Only what is mapped from its file to be read and run, and of
 * which no page was changed (by a debugger, say): that page would be lost. "Private_Dirty" would also count a file just written.
 */
export function codeRanges(smaps: string, path: string): { readonly start: number; readonly bytes: number }[] {
  return smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m).flatMap((mapping) => {
    const match = /^([0-9a-f]+)-([0-9a-f]+) r-xp [0-9a-f]+ \S+ \d+ +(.+)\n/.exec(mapping);
    if (match === null || match[3] !== path || !/^Anonymous: +0 kB$/m.test(mapping)) return [];
    const start = Number.parseInt(match[1]!, 16);
    return [{ start, bytes: Number.parseInt(match[2]!, 16) - start }];
  });
}
