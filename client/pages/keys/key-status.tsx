import type { JSX } from "solid-js";
import { type Shape, Status, type Tone } from "../../components/status.tsx";
import { t } from "../../i18n/index.ts";
import type { KeyStatus } from "./documents.ts";

/** All is well: no tint. Cooling is normal. Exhausted waits for time or money. Invalid needs a person. */
export const STATUS_LOOKS: Readonly<Record<KeyStatus, { readonly tone: Tone; readonly shape: Shape }>> = {
  ACTIVE: { tone: "plain", shape: "disc" },
  COOLING: { tone: "info", shape: "quarter" },
  EXHAUSTED: { tone: "warn", shape: "triangle" },
  INVALID: { tone: "err", shape: "cross" },
  DISABLED: { tone: "idle", shape: "ring" },
  UNCHECKED: { tone: "idle", shape: "dashes" },
};

export function KeyStatusMark(props: {
  readonly status: KeyStatus;
  readonly until?: string | null;
  readonly badge?: boolean;
}): JSX.Element {
  const look = () => STATUS_LOOKS[props.status];
  return (
    <Status
      tone={look().tone}
      shape={look().shape}
      label={t().keys.status[props.status]}
      until={props.status === "COOLING" || props.status === "EXHAUSTED" ? props.until : undefined}
      badge={props.badge ?? false}
    />
  );
}
