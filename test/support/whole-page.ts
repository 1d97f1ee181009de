import type { LogPage, LogStore, PageQuery } from "../../src/store/reports.ts";

/** A page that knows all days: one that had to wait for their indexes tells what there was time for. */
export async function wholePage(logs: LogStore, query: PageQuery): Promise<LogPage> {
  for (;;) {
    const page = await logs.page(query);
    if (!page.isPartial) return page;
  }
}
