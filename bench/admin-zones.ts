import { Database } from "bun:sqlite";
import { join } from "node:path";
import { LOCAL_GRIDS } from "../src/store/usage-spans.ts";
import { slotKeysOf } from "../src/store/usage-tables.ts";
import type { Ask, Question } from "./admin-questions.ts";
import { measure, ms } from "./admin-times.ts";

const SETTLED_AFTER_MS = 5000;

/** The first chart in a zone has the zone's own days made in the background: waits for these, so that what is measured is not half of each. */
export async function prepareZones(questions: readonly Question[], ask: Ask, folder: string): Promise<void> {
  const zoned = questions.filter(
    ({ variables }) => ![undefined, "UTC"].includes((variables as { timeZone?: string }).timeZone),
  );
  using usage = new Database(join(folder, "usage.db"), { readonly: true });
  const [first] = slotKeysOf(LOCAL_GRIDS.reduce((a, b) => (a.number < b.number ? a : b)));
  const count = () =>
    usage.query<{ count: number }, [number]>("SELECT count(*) AS count FROM slot WHERE id >= ?").get(first)!.count;
  const startedMs = performance.now();
  let [slots, changedMs] = [count(), startedMs];
  const before = slots;
  const rows = [];
  for (const question of zoned) {
    const { firstMs, medianMs } = await measure(question, 2, ask);
    rows.push({ question: question.name, first: ms(firstMs), "and then": ms(medianMs) });
  }
  while (performance.now() - changedMs < SETTLED_AFTER_MS) {
    await Bun.sleep(500);
    const now = count();
    if (now !== slots) [slots, changedMs] = [now, performance.now()];
  }
  if (slots === before) return;
  console.log(`The days of other zones were made in ${Math.round((changedMs - startedMs) / 1000)} s. Until then:`);
  console.table(rows);
}
