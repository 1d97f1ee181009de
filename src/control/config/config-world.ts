import type { Store } from "../../store/types.ts";
import type { ConfigWorld } from "./config-step.ts";

/** Everything that is configured, as it is stored. */
export async function readWorld(store: Store): Promise<ConfigWorld> {
  const [providers, keys, models, clients, settings, rules, channels] = await Promise.all([
    store.providers.list(),
    store.providerKeys.listOpened(),
    store.models.list(),
    store.clientKeys.list(),
    store.settings.rows(),
    store.alertRules.list(),
    store.alertChannels.list(),
  ]);
  const opened = channels.map(async (row) => ({ ...row, config: (await store.alertChannels.openConfig(row.id))! }));
  return { providers, keys, models, clients, settings, rules, channels: await Promise.all(opened) };
}
