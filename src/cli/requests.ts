import type { Call, Command } from "./cli.ts";
import { REQUEST_FEED } from "./documents.ts";
import { connect, count, list } from "./flags.ts";
import { type Output, show } from "./output.ts";

interface Settled {
  readonly id: string;
  readonly receivedAt: string;
  readonly status: string;
  readonly httpStatus: number | null;
  readonly requestedModel: string;
  readonly endpoint: string;
  readonly latencyMs: number | null;
  readonly cost: string | null;
  readonly attemptCount: number;
  readonly errorClass: string | null;
  readonly errorMessage: string | null;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | null;
}
type Event =
  | {
      readonly __typename: "RequestFeedBatch";
      readonly cursor: string;
      readonly dropped: number;
      readonly settled: readonly Settled[];
    }
  | { readonly __typename: "ResyncEvent"; readonly cursor: string; readonly reason: string };

export const requestCommands: Readonly<Record<string, Command>> = {
  tail: { texts: ["model", "count"], switches: ["errors"], words: 0, run: tail },
};

/** A line per request as it ends, until `--count` of them or Ctrl-C. What passes unseen is said on standard error. */
async function tail(call: Call): Promise<void> {
  const { options, out } = call;
  const limit = options.count === undefined ? Number.POSITIVE_INFINITY : count("count", options.count, 0);
  const models = list(options.model);
  const filter = {
    ...(models === undefined ? {} : { models }),
    ...(options.errors === true ? { statuses: ["ERROR"] } : {}),
  };
  let seen = 0;
  for await (const event of connect(call).follow<Event>(REQUEST_FEED, { filter })) {
    if (event.__typename === "ResyncEvent") {
      if (event.reason !== "STARTED")
        process.stderr.write(`sluice: some requests may be missing here (${event.reason})\n`);
      continue;
    }
    if (event.dropped > 0) process.stderr.write(`sluice: ${event.dropped} requests left out, too many a second\n`);
    for (const request of event.settled) {
      if (out.isJson) out.line(JSON.stringify(request));
      else out.line(lineOf(out, request));
      if (++seen >= limit) return;
    }
  }
}

function lineOf(out: Output, request: Settled): string {
  const { receivedAt, status, httpStatus, requestedModel, endpoint, latencyMs, cost, attemptCount, usage } = request;
  const isFine = status === "SUCCESS" || status === "OK";
  const parts = [
    receivedAt.slice(11, 23),
    out.mark(String(httpStatus ?? "-").padStart(3), isFine ? "green" : status === "ERROR" ? "red" : "yellow"),
    show(requestedModel),
    endpoint,
    latencyMs === null ? "-" : `${Math.round(latencyMs)} ms`,
    usage === null ? "- tokens" : `${usage.inputTokens}+${usage.outputTokens} tokens`,
    cost === null ? "-" : `$${cost}`,
    ...(attemptCount > 1 ? [`${attemptCount} attempts`] : []),
    ...(request.errorClass === null ? [] : [`${request.errorClass}: ${show(request.errorMessage)}`]),
    out.mark(request.id, "dim"),
  ];
  return parts.join("  ");
}
