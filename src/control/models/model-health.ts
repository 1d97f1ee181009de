import type { ModelRow } from "../../store/types.ts";
import { type Capacity, type ProviderCapacities, readTargetCapacity } from "../providers/provider-capacity.ts";
import type { ModelPulse } from "./model-pulse.ts";

export const HEALTH_STATES = ["HEALTHY", "DEGRADED", "DOWN", "UNKNOWN"] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

/** Who could answer, and how the last requests went. */
export type ModelHealthNow = ModelHealth & ModelPulse;

export interface ModelHealth extends Capacity {
  readonly state: HealthState;
}

export function readModelHealth(model: ModelRow, capacities: ProviderCapacities): ModelHealth {
  const targets = model.targets
    .filter((target) => target.enabled)
    .map((target) => readTargetCapacity(target, capacities));
  const usableKeys = targets.reduce((sum, target) => sum + target.usableKeys, 0);
  const totalKeys = targets.reduce((sum, target) => sum + target.totalKeys, 0);
  if (targets.length === 0) return { state: "UNKNOWN", usableKeys, totalKeys };
  if (usableKeys === 0) return { state: "DOWN", usableKeys, totalKeys };
  return { state: targets.some((target) => target.usableKeys === 0) ? "DEGRADED" : "HEALTHY", usableKeys, totalKeys };
}
