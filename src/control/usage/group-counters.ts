import { totalTokens } from "../../llm/usage.ts";
import type { ActiveRequest, RequestRecord } from "../../record.ts";
import type { CountedDimension } from "../../store/reports.ts";
import { addTotals, type Totals } from "./second-counters.ts";

const SLOTS = 64;
/** A client that invents model names must not fill the memory: beyond so many groups a second, the rest is not told apart. */
const MAX_GROUPS = 1000;

export interface GroupTotals extends Totals {
  /** Null: the request had none (nobody was asked, no client key). */
  readonly value: string | null;
}

/** The last minute by one dimension. Kept only while somebody watches it. */
export class GroupCounters {
  readonly #dimension: CountedDimension;
  readonly #seconds: { second: number; groups: Map<string | null, Totals> }[] = Array.from({ length: SLOTS }, () => ({
    second: -1,
    groups: new Map(),
  }));

  constructor(dimension: CountedDimension) {
    this.#dimension = dimension;
  }

  note(record: RequestRecord, nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    const slot = this.#seconds[second % SLOTS]!;
    if (slot.second !== second) {
      slot.second = second;
      slot.groups.clear();
    }
    const value = groupOf(this.#dimension, record);
    let totals = slot.groups.get(value);
    if (totals === undefined) {
      if (slot.groups.size >= MAX_GROUPS) return;
      totals = { requests: 0, errors: 0, tokens: 0, costNanoUsd: 0 };
      slot.groups.set(value, totals);
    }
    totals.requests++;
    if (record.status === "error") totals.errors++;
    if (record.usage !== null) totals.tokens += totalTokens(record.usage);
    totals.costNanoUsd += record.costNanoUsd ?? 0;
  }

  sum(fromSecond: number, toSecond: number): GroupTotals[] {
    const sums = new Map<string | null, GroupTotals>();
    for (const { second, groups } of this.#seconds) {
      if (second < fromSecond || second > toSecond) continue;
      for (const [value, totals] of groups) {
        const sum = sums.get(value) ?? { value, requests: 0, errors: 0, tokens: 0, costNanoUsd: 0 };
        addTotals(sum, totals);
        sums.set(value, sum);
      }
    }
    return [...sums.values()];
  }
}

export function groupOf(dimension: CountedDimension, request: RequestRecord | ActiveRequest): string | null {
  switch (dimension) {
    case "provider":
      return request.providerId;
    case "key":
      return request.keyId;
    case "client":
      return request.clientKeyId;
    case "status":
      return "status" in request ? request.status : null;
    case "error":
      return "errorClass" in request ? request.errorClass : null;
    case "format":
      return request.protocol;
    case "model":
      return request.servedModel ?? request.requestedModel; // As the stored roll-ups count them.
  }
}
