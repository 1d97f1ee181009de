export type AuditOutcome = "done" | "refused" | "failed";
/** What an entry is about, as it was called then. */
export interface AuditSubject {
  readonly id: string;
  readonly label: string;
}
/** Secrets stand here only as "[secret]". */
export interface AuditChange {
  readonly subjectId: string;
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}
export interface AuditValues {
  readonly at: number;
  /** The person; null for the environment's token and for strangers. */
  readonly actorId: string | null;
  readonly actorLabel: string;
  readonly tokenId: string | null;
  readonly sessionId: string | null;
  readonly address: string;
  /** The mutation's name, or `Query.x` of a read that was refused. */
  readonly action: string;
  readonly outcome: AuditOutcome;
  /** Why not; null when it was done. */
  readonly code: string | null;
  /** How many alike this entry stands for. */
  readonly times: number;
  readonly subjects: readonly AuditSubject[];
  readonly changes: readonly AuditChange[];
  /** What was asked for, as far as it can hold no secret. */
  readonly input: Readonly<Record<string, unknown>>;
}
export interface AuditRow extends AuditValues {
  readonly id: string;
  readonly seq: number;
}
/** All given conditions hold; lists mean "one of". */
export interface AuditFilter {
  readonly actorIds?: readonly string[];
  readonly actions?: readonly string[];
  readonly outcomes?: readonly AuditOutcome[];
  readonly subjectId?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
}
export interface AuditStore {
  /** Resolves when it is on disk. */
  append(entry: AuditValues): Promise<AuditRow>;
  get(id: string): Promise<AuditRow | null>;
  /** Newest first, also when read `backward` (the rows next to `beforeSeq`). */
  page(query: {
    readonly filter: AuditFilter;
    readonly limit: number;
    readonly afterSeq: number | null;
    readonly beforeSeq: number | null;
    readonly backward: boolean;
  }): Promise<{ readonly rows: readonly AuditRow[]; readonly hasMore: boolean }>;
  /** Exact up to 10,000, null beyond. */
  count(filter: AuditFilter): Promise<number | null>;
  expire(beforeMs: number): Promise<void>;
}
