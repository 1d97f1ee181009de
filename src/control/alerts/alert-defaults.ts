import type { AlertRuleValues } from "../../store/alert-types.ts";
import type { Store } from "../../store/types.ts";

// A row of the settings table that is no setting: a name with a $ is never one.
const MADE_SETTING = "$alerts.defaultsMade";

const EVERYTHING = { providerIds: [], models: [], keyIds: [], clientKeyIds: [], per: null } as const;
const STANDARD = {
  enabled: true,
  scope: EVERYTHING,
  cooldownMs: 900_000,
  mutedUntil: null,
  channelIds: [],
  memo: "Made at the first start; give it a channel to be told",
} as const;

/** Without channels: they show in the console until somebody says where they should go. */
const DEFAULT_RULES: readonly AlertRuleValues[] = [
  {
    ...STANDARD,
    name: "Key refused by the upstream",
    severity: "WARNING",
    condition: { kind: "KEY_INVALID", includeExhausted: true },
    forMs: 0,
  },
  {
    ...STANDARD,
    name: "Provider without a usable key",
    severity: "CRITICAL",
    condition: { kind: "PROVIDER_LOW", minKeys: 1, minShare: null },
    // A cooldown after a 429 is shorter.
    forMs: 60_000,
  },
  {
    ...STANDARD,
    name: "Many requests of a provider fail",
    severity: "WARNING",
    condition: { kind: "ERROR_RATE", share: 0.25, windowMs: 300_000, minRequests: 20 },
    scope: { ...EVERYTHING, per: "provider" },
    forMs: 60_000,
  },
  {
    ...STANDARD,
    name: "Disk nearly full",
    severity: "CRITICAL",
    condition: { kind: "DISK_SPACE", belowBytes: 1_073_741_824, belowShare: 0.05 },
    forMs: 0,
  },
];

/** Once per data directory: what a person deletes stays deleted. */
export async function hasDefaultRules({ settings }: Pick<Store, "settings">): Promise<boolean> {
  return (await settings.all())[MADE_SETTING] !== undefined;
}

export async function makeDefaultRules(store: Pick<Store, "alertRules" | "settings">): Promise<void> {
  for (const rule of DEFAULT_RULES) await store.alertRules.create(rule);
  await store.settings.put({ [MADE_SETTING]: true });
}
