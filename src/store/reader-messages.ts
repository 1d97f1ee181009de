import type { SealKey } from "../lib/seal.ts";
import type { StoredResponse } from "../stored-response.ts";
import type { CostPlan, DayCosts, PricedRoute } from "./cost-types.ts";
import type { DataDirectory } from "./data-directory.ts";
import type { PackedReport } from "./packed-report.ts";
import type {
  ErrorGroupQuery,
  ErrorGroups,
  HeatQuery,
  HistogramQuery,
  LogDetail,
  LogHistogram,
  LogPage,
  PageQuery,
  UsageByKey,
  UsageHeat,
  UsageQuery,
} from "./reports.ts";
import type { KeyHistoryPage, KeyHistoryQuery } from "./types.ts";

/** What the reader Worker can be asked, by name. */
export interface ReaderQuestions {
  page(query: PageQuery): LogPage;
  get(id: string): LogDetail | null;
  /** Makes the index of a day, or goes on with it for so long: then no question has to wait for it. True when it is there. */
  indexDay(day: number, forMs: number): boolean;
  /** Oldest first. */
  logDays(): number[];
  pricedRoutes(day: number): PricedRoute[];
  lookAtCosts(day: number, plan: CostPlan): DayCosts;
  histogram(query: HistogramQuery): LogHistogram;
  errorGroups(query: ErrorGroupQuery): ErrorGroups;
  report(query: UsageQuery): PackedReport;
  heat(query: HeatQuery): UsageHeat;
  usageByKey(span: { readonly fromMs: number; readonly toMs: number }): UsageByKey;
  keyHistory(query: KeyHistoryQuery): KeyHistoryPage;
  /** Newest first. */
  responseChain(id: string): StoredResponse[];
  /** Ids of the person's conversations that hold this text. */
  searchChats(createdBy: string | null, text: string): string[];
  /** The day has lost rows: what is known of it is read again. */
  release(day: number): null;
  /** Days before this one are about to be deleted. */
  releaseBefore(firstDay: number): null;
  close(): null;
}

export type Question = keyof ReaderQuestions;

/** Comes first. */
export interface ReaderStart {
  readonly directory: DataDirectory;
  readonly contentKey: SealKey;
}

export interface ReaderRequest {
  readonly id: number;
  readonly question: Question;
  readonly parameters: readonly unknown[];
}

export type ReaderReply =
  /** `json`: text crosses between threads at a fraction of the price of objects. */
  | { readonly id: number; readonly json: string }
  /** What has bytes or blocks of numbers in it. */
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };
