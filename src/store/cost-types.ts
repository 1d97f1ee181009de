import type { Tariff } from "../tariff.ts";

/** Who served what: what a price depends on, besides the time and the tokens. */
export interface PricedRoute {
  readonly requestedModel: string;
  readonly servedModel: string | null;
  readonly providerId: string | null;
}

/** Which requests are to be priced anew, and how. */
export interface CostPlan {
  readonly fromMs: number;
  readonly toMs: number;
  /** Only those whose cost is unknown. */
  readonly onlyUnknown: boolean;
  /** Requests of other routes are left alone. Without a tariff they are looked at, and keep what they have. */
  readonly routes: readonly (PricedRoute & { readonly tariff: Tariff | null })[];
}

/** Of requests whose tokens are known. */
export interface CostSums {
  requests: number;
  /** Those that get another cost, or another price at the same cost. */
  changed: number;
  unpricedBefore: number;
  unpricedAfter: number;
  beforeNanoUsd: number;
  afterNanoUsd: number;
}

export interface DayCosts {
  /** By the model that served. */
  readonly models: Readonly<Record<string, CostSums>>;
  /** The quarter hours of the day in which something changes. */
  readonly quarters: readonly number[];
}

/** The costs of the log, as they are computed again. Days are Unix days. */
export interface CostStore {
  /** Those that the log holds, oldest first. */
  days(): Promise<number[]>;
  routes(day: number): Promise<PricedRoute[]>;
  /** Writes nothing. */
  look(day: number, plan: CostPlan): Promise<DayCosts>;
  /**
   * Writes costs and prices of a quarter hour, and the roll-ups with them: they agree afterwards, also when the process was killed in
   * between. Safe to repeat; leaves alone what has the right cost.
   */
  rewrite(day: number, quarter: number, plan: CostPlan): Promise<void>;
  /** Resolves when charts and lists of the day are as fast as before. */
  settle(day: number): Promise<void>;
}
