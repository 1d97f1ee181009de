import { adminToken } from "./contestants/sluice.ts";

export type Accounting =
  | { readonly kind: "counted"; readonly metric: string; readonly counted: number; readonly answered: number }
  | { readonly kind: "unknown"; readonly because: string };

/** A fast gateway that has not counted would prove nothing: compares /metrics with the answers that were received. */
export async function checkAccounting(port: number, answered: number): Promise<Accounting> {
  await Bun.sleep(1_000); // rows are written in batches
  const text = await readMetrics(port);
  if (text === undefined) return { kind: "unknown", because: "/metrics does not answer" };
  const counters = [...sumCounters(text)].filter(([name]) => /request/i.test(name));
  // Several counters may speak of requests (refused ones, upstream attempts): the one meant is the nearest.
  const nearest = counters.sort((a, b) => Math.abs(a[1] - answered) - Math.abs(b[1] - answered))[0];
  if (!nearest) return { kind: "unknown", because: "/metrics has no counter of requests" };
  return { kind: "counted", metric: nearest[0], counted: nearest[1], answered };
}

async function readMetrics(port: number): Promise<string | undefined> {
  try {
    const headers = { authorization: `Bearer ${adminToken}` };
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers, signal: AbortSignal.timeout(5_000) });
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}

/** Adds up each counter over its labels. Prometheus text format: `name{label="value"} 12 [timestamp]`. */
function sumCounters(text: string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [, name = "", value] of text.matchAll(/^([a-zA-Z_:][\w:]*_total)(?:\{.*\})? (\S+)/gm)) {
    sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return sums;
}
