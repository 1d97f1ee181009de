import type { Call, Command } from "./cli.ts";
import { USAGE } from "./documents.ts";
import { UsageError } from "./failure.ts";
import { connect, count, text } from "./flags.ts";

interface Totals {
  readonly requests: number;
  readonly errors: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cost: string;
  readonly unpricedRequests: number;
  readonly p95LatencyMs: number | null;
}
interface Report {
  readonly from: string;
  readonly to: string;
  readonly totals: Totals;
  readonly overlapping: boolean;
  readonly series: readonly { readonly group: { readonly label: string }; readonly totals: Totals }[];
}

const DIMENSIONS: Readonly<Record<string, string>> = {
  model: "MODEL",
  provider: "PROVIDER",
  key: "PROVIDER_KEY",
  client: "CLIENT_KEY",
  "client-tag": "CLIENT_KEY_TAG",
  "key-tag": "PROVIDER_KEY_TAG",
};

export const usageCommands: Readonly<Record<string, Command>> = {
  "": { texts: ["from", "to", "by", "top", "time-zone"], switches: [], words: 0, run: usage },
};

async function usage(call: Call): Promise<void> {
  const { options, out } = call;
  const by = text(options.by) ?? "model";
  const dimension = DIMENSIONS[by];
  if (dimension === undefined) throw new UsageError(`--by: must be one of ${Object.keys(DIMENSIONS).join(", ")}`);
  const { usage: report } = await connect(call).ask<{ usage: Report }>(USAGE, {
    from: text(options.from) ?? "now-24h",
    to: text(options.to) ?? "now",
    groupBy: [dimension],
    top: count("top", options.top, 10),
    timeZone: text(options["time-zone"]) ?? "UTC",
  });
  if (out.isJson) return out.json(report);
  const row = (label: string, totals: Totals) => {
    const { requests, errors, inputTokens, outputTokens, p95LatencyMs } = totals;
    return [
      label,
      requests,
      errors,
      inputTokens,
      outputTokens,
      costOf(totals),
      p95LatencyMs === null ? null : Math.round(p95LatencyMs),
    ];
  };
  const rows = report.series.map(({ group, totals }) => row(group.label, totals));
  out.line(`${report.from} to ${report.to}`);
  out.table([by, "requests", "errors", "input", "output", "cost", "p95 ms"], [...rows, row("total", report.totals)]);
  if (report.overlapping) out.line("Keys with several tags count in each: the rows add up to more than the total.");
}

/** What has no known price is not free. */
function costOf({ cost, requests, unpricedRequests }: Totals): string {
  if (unpricedRequests === 0) return `$${cost}`;
  return unpricedRequests === requests ? "unknown" : `$${cost} + unknown`;
}
