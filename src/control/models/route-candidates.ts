import type { KeyHealthState } from "../../events.ts";
import type { ForecastCall, ForecastStep, RouteForecast } from "../../forecast.ts";
import type { EndpointId } from "../../llm/names.ts";
import { serviceOf } from "../../providers/wires.ts";
import type { ErrorClass } from "../../record.ts";
import type { ModelRow, ModelTarget, ProviderRow } from "../../store/types.ts";
import { isUsable, type ProviderKeyView } from "../keys/key-status.ts";
import { targetsInOrder } from "./models.ts";

export const ROUTE_VERDICTS = ["WOULD_SERVE", "FALLBACK", "SKIPPED"] as const;
export const ROUTE_SKIPS = [
  "MODEL_DISABLED",
  "TARGET_DISABLED",
  "PROVIDER_DISABLED",
  "ENDPOINT_UNSUPPORTED",
  "REQUEST_UNSUPPORTED",
  "REQUEST_REFUSED",
  "PASSED_OVER",
  "NO_KEYS",
  "KEY_DISABLED",
  "COOLING",
  "EXHAUSTED",
  "INVALID",
] as const;
export type RouteSkip = (typeof ROUTE_SKIPS)[number];

/** A target with one of its keys; without a key where none comes into it. */
export interface RouteCandidate {
  readonly providerId: string;
  readonly upstreamModel: string;
  /** Place in the model's `targets`; null when no entry names it. */
  readonly targetIndex: number | null;
  readonly key: ProviderKeyView | null;
  readonly verdict: (typeof ROUTE_VERDICTS)[number];
  /** Of being asked first, 0 to 1; null when nobody can say (it depends on the session, or on what is measured). */
  readonly chance: number | null;
  readonly skip: RouteSkip | null;
  readonly reason: string | null;
  /** Why it is parked, in the upstream's own words. */
  readonly parked: ParkedBecause | null;
  readonly call: ForecastCall | null;
}

export interface ParkedBecause {
  readonly untilMs: number | null;
  readonly errorClass: ErrorClass | null;
  readonly httpStatus: number | null;
  readonly message: string | null;
}

export interface RouteFacts {
  readonly forecast: RouteForecast;
  readonly endpoint: EndpointId;
  /** Null when no entry has that name. */
  readonly model: ModelRow | null;
  readonly providers: ReadonlyMap<string, ProviderRow>;
  /** A provider's keys, in their order. */
  keysOf(providerId: string): readonly ProviderKeyView[];
}

/** Those who would be asked, in their order, each target followed by its keys that are left out; then the targets left out. */
export function listCandidates(facts: RouteFacts): RouteCandidate[] {
  const { forecast, model } = facts;
  const targets = model === null ? [] : targetsInOrder(model);
  const indexes = targetIndexes(forecast.steps, forecast.modelId === null ? [] : targets);
  const chances = targetChances(forecast);
  const candidates = forecast.steps.flatMap((step, at) => {
    const target = { ...identify(step), targetIndex: indexes[at] ?? null };
    return candidatesOf(step, { target, chance: chances[at]!, facts });
  });
  const leftOut = targets.flatMap((target, targetIndex) =>
    indexes.includes(targetIndex) ? [] : [leaveOut({ ...identify(target), targetIndex }, whyLeftOut(target, facts))],
  );
  return [...candidates, ...leftOut];
}

type TargetName = Pick<RouteCandidate, "providerId" | "upstreamModel" | "targetIndex">;

function identify({ providerId, upstreamModel }: ForecastStep | ModelTarget) {
  return { providerId, upstreamModel };
}

/** Which of the model's targets each step is; two that name the same are taken in turn. */
function targetIndexes(steps: readonly ForecastStep[], targets: readonly ModelTarget[]): (number | null)[] {
  const free = new Set(targets.keys());
  return steps.map(({ providerId, upstreamModel, priority }) => {
    const found = free.values().find((index) => {
      const target = targets[index]!;
      const isSame = target.providerId === providerId && target.upstreamModel === upstreamModel;
      return isSame && target.enabled && target.priority === priority;
    });
    if (found !== undefined) free.delete(found);
    return found ?? null;
  });
}

/** Among those of the lowest priority that can be asked, the lot falls by weight. */
function targetChances({ steps, isByLot }: RouteForecast): number[] {
  const first = steps.find(canAnswer);
  const drawn = isByLot ? steps.filter((step) => canAnswer(step) && step.priority === first?.priority) : [first];
  const total = drawn.reduce((sum, step) => sum + (step?.weight ?? 0), 0);
  return steps.map((step) => {
    if (!drawn.includes(step)) return 0;
    return total > 0 ? step.weight / total : 1 / drawn.length;
  });
}

function canAnswer({ keyId, call }: ForecastStep): boolean {
  return keyId !== null || call?.how === "estimated";
}

interface StepFacts {
  readonly target: TargetName;
  readonly chance: number;
  readonly facts: RouteFacts;
}

function candidatesOf(step: ForecastStep, { target, chance, facts }: StepFacts): RouteCandidate[] {
  const { call } = step;
  if (step.refusal !== null) return [leaveOut(target, { skip: "REQUEST_UNSUPPORTED", reason: step.refusal })];
  if (call?.how === "estimated") {
    return [
      { ...leaveOut(target, NOT_LEFT_OUT), ...verdictFor(chance), reason: "Counted here, nobody is asked.", call },
    ];
  }
  const keys = facts.keysOf(step.providerId);
  if (keys.length === 0) return [leaveOut(target, { skip: "NO_KEYS", reason: "The provider has no keys." })];
  const usable = keys.filter((key) => key.id === step.keyId || (!step.isBound && whyParked(key, step) === null));
  const chances = keyChances(step, usable, facts.providers.get(step.providerId)!);
  const asked = inTurn(usable, step.keyId).map((key) => {
    const own = step.keyId === null ? 0 : (chances.get(key.id) ?? null);
    const parked = whyParked(key, step);
    const why = { reason: parked === null ? null : ASKED_ALL_THE_SAME, parked: parked?.parked ?? null };
    return { ...leaveOut(target, NOT_LEFT_OUT), ...verdictFor(own === null ? null : own * chance), ...why, key, call };
  });
  const left = keys.filter((key) => !usable.includes(key));
  return [...asked, ...left.map((key) => ({ ...leaveOut(target, whyParked(key, step) ?? BOUND), key, call }))];
}

const ASKED_ALL_THE_SAME = "Parked, and asked all the same: nobody better is there, or it alone can do it.";
const BOUND = { skip: "PASSED_OVER", reason: "The request goes on with what another key made." } as const;
const NOT_LEFT_OUT = { skip: null, reason: null } as const;

function verdictFor(chance: number | null): Pick<RouteCandidate, "verdict" | "chance"> {
  return { chance, verdict: chance === 0 ? "FALLBACK" : "WOULD_SERVE" };
}

/** Starting with the one whose turn it is. */
function inTurn(keys: readonly ProviderKeyView[], firstId: string | null): readonly ProviderKeyView[] {
  const at = keys.findIndex(({ id }) => id === firstId);
  return at <= 0 ? keys : [...keys.slice(at), ...keys.slice(0, at)];
}

/** By key; one that is missing: nobody can say. */
function keyChances(step: ForecastStep, usable: readonly ProviderKeyView[], { strategy }: ProviderRow) {
  const certain = () => new Map(usable.map(({ id }) => [id, id === step.keyId ? 1 : 0]));
  if (step.isBound || usable.length < 2) return certain();
  if (strategy === "weighted") {
    const total = usable.reduce((sum, { weight }) => sum + weight, 0);
    return new Map(usable.map(({ id, weight }) => [id, total > 0 ? weight / total : 1 / usable.length]));
  }
  const chances = certain();
  // Sticks to a session that the question may not name; now and then another one is measured.
  if (strategy === "sticky" || strategy === "lowest_latency") chances.delete(step.keyId ?? "");
  return chances;
}

function leaveOut(target: TargetName, why: { readonly skip: RouteSkip | null; readonly reason: string | null }) {
  return { key: null, verdict: "SKIPPED", chance: null, parked: null, call: null, ...target, ...why } as const;
}

function whyLeftOut(target: ModelTarget, { forecast, endpoint, model, providers }: RouteFacts) {
  const provider = providers.get(target.providerId);
  if (model?.enabled === false) return { skip: "MODEL_DISABLED", reason: "The model is switched off." } as const;
  if (!target.enabled) return { skip: "TARGET_DISABLED", reason: "This target is switched off." } as const;
  if (!provider?.enabled) return { skip: "PROVIDER_DISABLED", reason: "The provider is switched off." } as const;
  const service = serviceOf(endpoint, provider.kind);
  if (service.how === "refused") {
    return { skip: "ENDPOINT_UNSUPPORTED", reason: `It cannot serve ${endpoint}: ${service.why}.` } as const;
  }
  if (forecast.steps.length === 0) return { skip: "REQUEST_REFUSED", reason: "The request gets no further." } as const;
  return { skip: "PASSED_OVER", reason: "Another target alone can do it, or does it better." } as const;
}

const STATES: Readonly<Partial<Record<KeyHealthState, RouteSkip>>> = {
  cooling: "COOLING",
  exhausted: "EXHAUSTED",
  invalid: "INVALID",
};

/** Null when the key can be asked for this model. */
function whyParked(key: ProviderKeyView, { upstreamModel }: ForecastStep) {
  if (key.status === "disabled")
    return { skip: "KEY_DISABLED", reason: "The key is switched off.", parked: null } as const;
  const { live } = key;
  const onModel = live.models.find(({ model }) => model === upstreamModel);
  const because = isUsable(key.status) ? onModel : live;
  if (because === undefined) return null;
  const state = isUsable(key.status) ? onModel!.state : live.health;
  const { untilMs, errorClass, httpStatus, message } = because;
  const where = because === onModel ? " on this model" : "";
  return {
    skip: STATES[state] ?? "COOLING",
    reason: `${WORDS[state] ?? "Cooling down"}${where}.`,
    parked: { untilMs, errorClass, httpStatus, message },
  } as const;
}

const WORDS: Readonly<Partial<Record<KeyHealthState, string>>> = {
  cooling: "Cooling down",
  exhausted: "Out of quota",
  invalid: "Refused by the upstream",
};
