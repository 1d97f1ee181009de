import type { JSX } from "solid-js";
import { Status } from "../../components/status.tsx";
import { t } from "../../i18n/index.ts";
import type { Provider } from "./documents.ts";

/** What the provider can do now, from its switch and its keys. */
export function ProviderStatus(props: {
  readonly provider: Pick<Provider, "enabled" | "keyCounts">;
  readonly badge?: boolean;
}): JSX.Element {
  const look = () => {
    const counts = props.provider.keyCounts;
    const words = t().providers.status;
    if (!props.provider.enabled) return { tone: "idle", shape: "ring", label: words.disabled } as const;
    if (counts.total === 0) return { tone: "warn", shape: "triangle", label: words.noKeys } as const;
    if (counts.active + counts.unchecked > 0) return { tone: "plain", shape: "disc", label: words.serving } as const;
    if (counts.cooling > 0) return { tone: "info", shape: "quarter", label: words.cooling } as const;
    return { tone: "err", shape: "cross", label: words.down } as const;
  };
  return <Status tone={look().tone} shape={look().shape} label={look().label} badge={props.badge ?? false} />;
}
