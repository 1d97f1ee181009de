import type { ActiveRequest, Spoken } from "../../record.ts";
import type { LogDetail, LogRow } from "../../store/reports.ts";

/** A client request as people see it, running or ended: one shape for lists, details and the live feed. */
export interface RequestView extends Spoken {
  readonly id: string;
  readonly receivedAtMs: number;
  readonly firstTokenAtMs: number | null;
  /** Null while running. */
  readonly endedAtMs: number | null;
  readonly status: RequestStatus;
  readonly httpStatus: number | null;
  readonly errorClass: LogRow["errorClass"];
  readonly errorText: string | null;
  readonly protocol: LogRow["protocol"];
  readonly endpoint: LogRow["endpoint"];
  readonly requestedModel: string;
  readonly servedModel: string | null;
  readonly providerId: string | null;
  readonly keyId: string | null;
  readonly clientKeyId: string | null;
  readonly origin: LogRow["origin"];
  readonly usage: LogRow["usage"];
  readonly usageSource: LogRow["usageSource"];
  readonly costNanoUsd: number | null;
  readonly price: LogRow["price"];
  readonly stream: boolean;
  readonly clientAddress: string;
  readonly userAgent: string;
  readonly requestBytes: number | null;
  readonly responseBytes: number;
  readonly dropped: readonly string[];
  readonly attemptCount: number;
  /** With attempts and content, when it was read as a whole. */
  readonly detail: LogDetail | null;
}

export const REQUEST_STATUSES = ["pending", "streaming", "success", "error", "cancelled"] as const;
export type RequestStatus = (typeof REQUEST_STATUSES)[number];

export function viewActive(active: ActiveRequest): RequestView {
  const { attempts, ...shared } = active;
  return {
    ...shared,
    ...NOT_YET,
    status: active.stream && active.firstTokenAtMs !== null ? "streaming" : "pending",
    attemptCount: attempts,
  };
}

export function viewRow(row: LogRow): RequestView {
  return { ...row, detail: null };
}

export function viewDetail(detail: LogDetail): RequestView {
  const { attempts, content: _content, rawUsage: _raw, ...row } = detail;
  return { ...row, attemptCount: attempts.length, detail };
}

const NOT_YET = {
  endedAtMs: null,
  httpStatus: null,
  errorClass: null,
  errorText: null,
  usage: null,
  usageSource: "unknown",
  costNanoUsd: null,
  price: null,
  requestBytes: null,
  dropped: [],
  detail: null,
} as const;
