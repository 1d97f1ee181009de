import type { JSX } from "solid-js";
import { type Shape, Status, type Tone } from "../../components/status.tsx";
import { t } from "../../i18n/index.ts";
import type { Model } from "./documents.ts";

const LOOKS: Readonly<Record<Model["health"]["state"], { readonly tone: Tone; readonly shape: Shape }>> = {
  HEALTHY: { tone: "plain", shape: "disc" },
  DEGRADED: { tone: "warn", shape: "triangle" },
  DOWN: { tone: "err", shape: "cross" },
  UNKNOWN: { tone: "idle", shape: "dashes" },
};

/** Whether a request for it would find a key now; a model that is switched off has no health to speak of. */
export function ModelHealthMark(props: {
  readonly model: Pick<Model, "enabled" | "health">;
  readonly badge?: boolean;
}): JSX.Element {
  const look = () =>
    props.model.enabled ? LOOKS[props.model.health.state] : ({ tone: "idle", shape: "ring" } as const);
  const label = () => (props.model.enabled ? t().models.health[props.model.health.state] : t().models.disabled);
  return <Status tone={look().tone} shape={look().shape} label={label()} badge={props.badge ?? false} />;
}
