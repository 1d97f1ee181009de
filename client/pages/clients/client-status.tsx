import type { JSX } from "solid-js";
import { Status } from "../../components/status.tsx";
import { t } from "../../i18n/index.ts";
import type { Client } from "./documents.ts";

export function ClientStatus(props: {
  readonly client: Pick<Client, "enabled" | "expired" | "letIn">;
  readonly badge?: boolean;
}): JSX.Element {
  const look = () => {
    if (!props.client.enabled) return { tone: "idle", shape: "ring", label: t().clients.status.disabled } as const;
    if (!props.client.letIn) return { tone: "idle", shape: "ring", label: t().clients.status.notLetIn } as const;
    if (props.client.expired) return { tone: "warn", shape: "triangle", label: t().clients.status.expired } as const;
    return { tone: "plain", shape: "disc", label: t().clients.status.active } as const;
  };
  return <Status tone={look().tone} shape={look().shape} label={look().label} badge={props.badge ?? false} />;
}
