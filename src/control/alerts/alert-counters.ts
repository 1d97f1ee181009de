import type { AlertScope } from "../../alert-rule.ts";
import { Histogram } from "../../lib/histogram.ts";
import type { RequestRecord } from "../../record.ts";
import type { AlertRuleRow } from "../../store/alert-types.ts";
import { matchesAny } from "../../store/wildcard.ts";
import { groupOf } from "../usage/group-counters.ts";

/** A window is counted in so many pieces: what has just left it may count for a tenth of it longer. */
const PIECES = 10;
/** A client that invents model names must not fill the memory: beyond so many, the rest of a rule is not told apart. */
const MAX_SUBJECTS = 200;

export interface Counted {
  readonly subject: string;
  readonly requests: number;
  readonly errors: number;
  /** Of the last error, as the log has it. */
  readonly errorText: string | null;
  /** Of the successful requests, as in the reports; null when there were none. */
  readonly percentileMs: number | null;
}

/** What one rule has to know of the requests that ended in its window. Only rules that are enabled have one. */
export class AlertCounter {
  readonly #rule: AlertRuleRow;
  readonly #pieceMs: number;
  readonly #subjects = new Map<string, Subject>();
  /** When a request of its scope ended last. */
  lastAtMs: number;

  constructor(rule: AlertRuleRow, nowMs: number) {
    this.#rule = rule;
    this.#pieceMs = "windowMs" in rule.condition ? rule.condition.windowMs / PIECES : 0;
    this.lastAtMs = nowMs;
  }

  /** True when it counts what this version of the rule wants counted. */
  fits({ condition, scope }: AlertRuleRow): boolean {
    return Bun.deepEquals(condition, this.#rule.condition) && Bun.deepEquals(scope, this.#rule.scope);
  }

  note(record: RequestRecord, nowMs: number): void {
    const { condition, scope } = this.#rule;
    if (!isInScope(scope, record)) return;
    this.lastAtMs = nowMs;
    if (condition.kind === "NO_TRAFFIC") return;
    const name = scope.per === null ? "" : groupOf(scope.per, record);
    if (name === null) return;
    const subject = this.#subjectOf(name);
    if (subject === null) return;
    const piece = subject.open(Math.floor(nowMs / this.#pieceMs));
    piece.requests++;
    if (record.status === "error") {
      piece.errors++;
      subject.errorText = record.errorText;
    }
    if (condition.kind !== "LATENCY") return;
    piece.histogram ??= new Histogram();
    if (condition.metric === "firstToken") {
      if (record.firstTokenAtMs !== null) piece.histogram.add((record.firstTokenAtMs - record.receivedAtMs) * 1000);
    } else if (record.status === "success") {
      piece.histogram.add((record.endedAtMs - record.receivedAtMs) * 1000);
    }
  }

  read(nowMs: number): Counted[] {
    const { condition } = this.#rule;
    const share = condition.kind === "LATENCY" ? Number(condition.percentile.slice(1)) / 100 : null;
    const last = Math.floor(nowMs / this.#pieceMs);
    const counted: Counted[] = [];
    for (const [name, subject] of this.#subjects) {
      const pieces = subject.pieces.filter((piece) => piece.number > last - PIECES && piece.number <= last);
      if (pieces.length === 0) {
        this.#subjects.delete(name);
        continue;
      }
      let percentileMs: number | null = null;
      if (share !== null) {
        const all = new Histogram();
        for (const { histogram } of pieces) if (histogram !== null) all.merge(histogram);
        const us = all.quantile(share);
        percentileMs = us === null ? null : us / 1000;
      }
      counted.push({
        subject: name,
        requests: pieces.reduce((sum, piece) => sum + piece.requests, 0),
        errors: pieces.reduce((sum, piece) => sum + piece.errors, 0),
        errorText: subject.errorText,
        percentileMs,
      });
    }
    return counted;
  }

  #subjectOf(name: string): Subject | null {
    let subject = this.#subjects.get(name);
    if (subject === undefined) {
      if (this.#subjects.size >= MAX_SUBJECTS) return null;
      subject = new Subject();
      this.#subjects.set(name, subject);
    }
    return subject;
  }
}

interface Piece {
  number: number;
  requests: number;
  errors: number;
  histogram: Histogram | null;
}

class Subject {
  readonly pieces: Piece[] = [];
  errorText: string | null = null;
  #last: Piece | null = null;

  open(number: number): Piece {
    if (this.#last?.number === number) return this.#last;
    if (this.pieces.length > PIECES) this.pieces.shift();
    this.#last = { number, requests: 0, errors: 0, histogram: null };
    this.pieces.push(this.#last);
    return this.#last;
  }
}

function isInScope(scope: AlertScope, record: RequestRecord): boolean {
  return (
    isAmong(scope.providerIds, record.providerId) &&
    isAmong(scope.keyIds, record.keyId) &&
    isAmong(scope.clientKeyIds, record.clientKeyId) &&
    (scope.models.length === 0 || matchesAny(scope.models, groupOf("model", record) ?? ""))
  );
}

function isAmong(ids: readonly string[], id: string | null): boolean {
  return ids.length === 0 || (id !== null && ids.includes(id));
}
