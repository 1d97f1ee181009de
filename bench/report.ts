import { isUnharmed, type Judgement, judge } from "./goals.ts";
import { type Results, waitOf } from "./results.ts";
import { isStreamed, type Scenario, scenarios } from "./scenarios.ts";
import { type Series, spreadOf } from "./statistics.ts";

/** The whole report as text: a table for each scenario, then the goals, then what to be careful about. */
export function writeReport(results: Results, rounds: number): string {
  return [
    ...scenarios.map((scenario) => scenarioTable(results, scenario)),
    crowdTable(results),
    startUpLine(results),
    goalTable(judge(results), rounds),
    accountingLine(results),
    ...results.warnings.map((warning) => `! ${warning}`),
  ]
    .filter((part) => part !== undefined)
    .join("\n\n");
}

function scenarioTable(results: Results, scenario: Scenario): string | undefined {
  const { name, title, unit, isClosedLoop } = scenario;
  const contestants = Object.keys(results.samples[name] ?? {});
  if (contestants.length === 0) return undefined;
  const wait = isStreamed(scenario) ? "first token" : "answer";
  const rows = contestants.map((contestant) => {
    const series = (read: Parameters<Results["series"]>[2]) => results.series(name, contestant, read);
    const cpu = spreadOf(series((sample) => sample.cpuUs));
    const isYardstick = contestant === "direct";
    return [
      contestant,
      cpu ? cpu.median.toFixed(1) : "",
      cpu ? `${cpu.min.toFixed(1)}–${cpu.max.toFixed(1)}` : "",
      isYardstick ? "" : median(results.efficiency(name, contestant, "nginx"), 2),
      isYardstick ? "" : median(results.efficiency(name, contestant, "bare relay"), 2),
      median(
        series((sample) => sample.perSecond),
        0,
      ),
      median(
        series((sample) => waitOf(sample).p50 / 1_000),
        2,
      ),
      median(
        series((sample) => waitOf(sample).p99 / 1_000),
        2,
      ),
      // Under a closed loop the wait is the queue of 64, not the gateway.
      isYardstick || isClosedLoop
        ? ""
        : median(
            results.added(name, contestant, (sample) => waitOf(sample).p50),
            2,
          ),
      isYardstick || isClosedLoop
        ? ""
        : median(
            results.added(name, contestant, (sample) => waitOf(sample).p99),
            2,
          ),
    ];
  });
  const head = ["", `CPU µs/${unit}`, "min–max", "× nginx", "× bare", `${unit}s/s`];
  const waits = [`${wait} p50 ms`, "p99 ms", "added p50", "added p99"];
  return `${name}: ${title}\n${table([...head, ...waits], rows)}`;
}

function crowdTable(results: Results): string | undefined {
  const contestants = Object.entries(results.crowd);
  const streams = contestants[0]?.[1][0]?.streams;
  if (streams === undefined) return undefined;
  const rows = contestants.map(([name, samples]) => {
    const series = (read: Parameters<Results["crowdSeries"]>[1]) => results.crowdSeries(name, read);
    const worst = (values: Series) => String(spreadOf(values)?.max ?? "");
    return [
      name,
      `${samples.filter(isUnharmed).length} of ${samples.length}`,
      worst(series((sample) => sample.lostChunks)),
      worst(series((sample) => sample.failedStreams)),
      worst(series((sample) => sample.stalls)),
      median(
        series((sample) => sample.longestGapMs),
        0,
      ),
      median(
        series((sample) => sample.firstTokenP99Ms),
        1,
      ),
      median(
        series((sample) => inMegabytes(sample.memory?.idleBytes)),
        0,
      ),
      median(
        series((sample) => inMegabytes(sample.memory?.peakBytes)),
        0,
      ),
      median(
        series((sample) => sample.memory && sample.memory.bytesPerStream / 1_024),
        1,
      ),
    ];
  });
  const head = [
    "",
    "unharmed",
    "lost",
    "failed",
    "stalls",
    "longest gap ms",
    "first token p99 ms",
    "idle MB",
    "peak MB",
  ];
  return `crowd: ${streams} streams at once, 10 chunks a second each\n${table([...head, "KB/stream"], rows)}`;
}

function startUpLine({ startUp }: Results): string | undefined {
  if (!startUp) return undefined;
  const describe = (values: Series) => {
    const spread = spreadOf(values);
    return spread ? `${spread.median.toFixed(0)} ms (${spread.min.toFixed(0)}–${spread.max.toFixed(0)})` : "–";
  };
  return `start: migrated data ${describe(startUp.migratedMs)}, new data directory ${describe(startUp.brandNewMs)}`;
}

function goalTable(judgements: readonly Judgement[], rounds: number): string {
  const rows = judgements.map((each) => [
    each.what,
    each.must,
    each.aim,
    each.measured,
    each.verdict,
    each.ofRelay,
    each.ofNginx,
  ]);
  const note =
    rounds < 5 ? `\n(${rounds} round${rounds > 1 ? "s" : ""}: five are needed for a figure to be quoted)` : "";
  return `goals\n${table(["", "must", "aim", "measured", "verdict", "bare relay", "nginx"], rows)}${note}`;
}

function accountingLine({ accounting }: Results): string | undefined {
  if (!accounting) return undefined;
  if (accounting.kind === "unknown") return `accounting not checked: ${accounting.because}`;
  const { metric, counted, answered } = accounting;
  const isComplete = counted >= answered;
  return `accounting ${isComplete ? "complete" : "INCOMPLETE"}: ${metric} says ${counted}, ${answered} answers were received`;
}

function inMegabytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 1_048_576;
}

function median(series: Series, digits: number): string {
  return spreadOf(series)?.median.toFixed(digits) ?? "";
}

/** The first column is text, the others are set flush right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const write = (line: readonly string[]) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join("  ");
  return lines.map((line) => `  ${write(line)}`.trimEnd()).join("\n");
}
