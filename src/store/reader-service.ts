import type { Database } from "bun:sqlite";
import { Seal, type SealKey } from "../lib/seal.ts";
import { ChatSeal } from "./chat-seal.ts";
import { searchChats } from "./chat-search.ts";
import type { DataDirectory } from "./data-directory.ts";
import { lookAtCosts, pricedRoutes, type RoutesById } from "./day-costs.ts";
import { DayIndexes, LATER } from "./day-indexes.ts";
import { DayReaders, openForReading } from "./day-reader.ts";
import { groupErrors } from "./error-groups.ts";
import { KeyTags } from "./key-tags.ts";
import { KnownGroups } from "./known-groups.ts";
import { makeHistogram } from "./log-histogram.ts";
import { LogReader } from "./log-reader.ts";
import { unlessDamaged } from "./log-view.ts";
import { makeMinuteReport } from "./minute-report.ts";
import { packReport } from "./packed-report.ts";
import type { Question, ReaderQuestions, ReaderReply, ReaderRequest } from "./reader-messages.ts";
import { ResponseReader } from "./response-reader.ts";
import { StateReader } from "./state-reader.ts";
import { describeFault, StoreError } from "./store-error.ts";
import { readUsageByKey } from "./usage-by-key.ts";
import { makeHeat } from "./usage-heat.ts";
import { makeReport } from "./usage-report.ts";

/** Answers that hold bytes or blocks of numbers. */
const AS_THEY_ARE: ReadonlySet<Question> = new Set(["get", "report", "usageByKey"]);

const NO_ROUTES: RoutesById = new Map();

/** What the reader Worker does. The files are opened when it is first asked: by then the writer has made them. */
export class ReaderService {
  #questions: ReaderQuestions | null = null;

  constructor(
    private readonly directory: DataDirectory,
    private readonly contentKey: SealKey,
  ) {}

  answer({ id, question, parameters }: ReaderRequest): ReaderReply {
    try {
      const value = this.#ask(question, parameters);
      return AS_THEY_ARE.has(question) ? { id, value } : { id, json: JSON.stringify(value) };
    } catch (error) {
      return { id, error: error instanceof StoreError ? error.message : `the query failed: ${describeFault(error)}` };
    }
  }

  #ask(question: Question, parameters: readonly unknown[]): unknown {
    this.#questions ??= openQuestions(this.directory, new Seal(this.contentKey));
    const method = this.#questions[question] as (...parameters: readonly unknown[]) => unknown;
    return method(...parameters);
  }
}

function openQuestions(directory: DataDirectory, seal: Seal): ReaderQuestions {
  const usage = openForReading(directory.usage);
  const state = new StateReader(openForReading(directory.state));
  const responses = new ResponseReader(openForReading(directory.responses), seal);
  const days = new DayReaders(directory.logs);
  const groups = new KnownGroups(usage);
  const indexes = new DayIndexes(directory.logs, days);
  const tags = new KeyTags(directory.config);
  const logs = new LogReader(days, indexes);
  return {
    page: (query) => logs.page(query),
    get: (id) => logs.get(id),
    indexDay: (day, forMs) => unlessDamaged(() => indexes.get(day, performance.now() + forMs), null) !== LATER,
    logDays: () => days.list().reverse(),
    pricedRoutes: (day) => pricedRoutes(days.get(day)?.routes() ?? NO_ROUTES),
    lookAtCosts(day, plan) {
      const reader = days.get(day);
      if (reader === null) return { models: {}, quarters: [] };
      return lookAtCosts(reader.database, day, reader.routes(), plan);
    },
    histogram: (query) => makeHistogram(logs.view(query.filter), query),
    errorGroups: (query) => groupErrors(logs.view(query.filter), query),
    report: (query) =>
      packReport(
        query.interval === "minute"
          ? makeMinuteReport(days, query, tags.forQuestion())
          : atOneMoment(usage, () => makeReport(usage, groups.all(), query, tags.forQuestion())),
      ),
    heat: (query) => atOneMoment(usage, () => makeHeat(usage, groups.all(), query, tags.forQuestion())),
    usageByKey: (span) => atOneMoment(usage, () => readUsageByKey(usage, groups.all(), span)),
    keyHistory: (query) => state.keyHistory(query),
    responseChain: (id) => responses.chain(id),
    searchChats: (createdBy, text) => searchChats(directory.config, new ChatSeal(seal), { createdBy, text }),
    release(day) {
      indexes.release(day);
      days.release(day);
      return null;
    },
    releaseBefore(firstDay) {
      indexes.releaseBefore(firstDay);
      days.releaseBefore(firstDay);
      return null;
    },
    close() {
      days.close();
      usage.close();
      tags.close();
      state.close();
      responses.close();
      return null;
    },
  };
}

/** What the writer does meanwhile is not seen: a report that it would cut in two does not add up. */
function atOneMoment<Value>(database: Database, read: () => Value): Value {
  return database.transaction(read).deferred();
}
