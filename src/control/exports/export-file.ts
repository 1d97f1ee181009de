import { breathe } from "../jobs/each-item.ts";
import type { JobRun } from "../jobs/job-kind.ts";

/**
 * Writes a job's result as it comes, `pages` of lines behind a head, and counts the lines: however long it is, a page of it is in
 * memory. What is stopped before its end has no result.
 */
export async function writeExport<Params>(
  run: JobRun<Params>,
  { name, head }: { readonly name: string; readonly head: string },
  pages: AsyncIterable<readonly string[]>,
): Promise<void> {
  const path = await run.resultPath();
  await Bun.write(path, "");
  const file = Bun.file(path).writer();
  let bytes = 0;
  try {
    bytes += await file.write(head);
    for await (const lines of pages) {
      bytes += await file.write(lines.join(""));
      await file.flush();
      run.count(lines.length);
      await breathe(run.signal);
      if (run.signal.aborted) return;
    }
  } finally {
    await file.end();
  }
  run.attach({ name, bytes });
}
