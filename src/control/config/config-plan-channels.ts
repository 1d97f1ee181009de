import type { ConfigDocument, DocumentError } from "../../config-file.ts";
import { keptSecrets, mergeConfig } from "../alerts/alert-channel-config.ts";
import { configField } from "../alerts/alert-channel-input.ts";
import { MAX_CHANNELS } from "../alerts/alert-channels.ts";
import { channelEntry } from "./config-entries-alerts.ts";
import { faultsIn } from "./config-faults.ts";
import {
  type ChannelFields,
  type ChannelStep,
  type ConfigWorld,
  type Entry,
  type OpenedChannel,
  type PlanOptions,
  removal,
  stepTo,
} from "./config-step.ts";

type GivenChannel = NonNullable<ConfigDocument["alertChannels"]>[number];
type Path = readonly PropertyKey[];

/** A document of before, which does not speak of channels, leaves them alone. */
export function planChannels(
  world: ConfigWorld,
  document: ConfigDocument,
  options: PlanOptions,
  errors: DocumentError[],
): ChannelStep[] {
  if (document.alertChannels === undefined) return [];
  const known = new Map(world.channels.map((row) => [row.name, row]));
  const named = new Set<string>();
  const steps = document.alertChannels.flatMap((entry, index): ChannelStep[] => {
    const path = ["alertChannels", index];
    if (named.has(entry.name)) errors.push({ path: [...path, "name"], message: "is taken already" });
    named.add(entry.name);
    const row = known.get(entry.name);
    const values = fieldsOf(entry, row, path, options, errors);
    if (values === null) return [];
    const before = row === undefined ? null : { ...channelEntry(row), leadsTo: row.preview };
    const after = { ...channelEntry({ ...values, kind: values.kind }), ...leadsTo(values, row) };
    return stepTo<ChannelStep["values"]>({
      noun: "alertChannel",
      name: entry.name,
      path,
      id: row?.id ?? null,
      values,
      before,
      after,
    });
  });
  const gone = options.prune ? world.channels.filter(({ name }) => !named.has(name)) : [];
  if (world.channels.length - gone.length + steps.filter(({ kind }) => kind === "add").length > MAX_CHANNELS) {
    errors.push({ path: ["alertChannels"], message: `there are at most ${MAX_CHANNELS}` });
  }
  return [
    ...steps,
    ...gone.map((row) => removal("alertChannel", row.name, row.id, { ...channelEntry(row), leadsTo: row.preview })),
  ];
}

/** What is left out stays as it is: an export holds no secrets. Null when something is wrong. */
function fieldsOf(
  { name, enabled, kind, config }: GivenChannel,
  row: OpenedChannel | undefined,
  path: Path,
  { checkAddress }: PlanOptions,
  errors: DocumentError[],
): ChannelFields | null {
  if (config === undefined) {
    if (row === undefined) {
      errors.push({ path: [...path, "config"], message: "is required for a channel that is not there yet" });
      return null;
    }
    if (kind !== undefined && kind !== row.kind) errors.push({ path: [...path, "kind"], message: STAYS });
    return { name, enabled, kind: row.kind };
  }
  const read = configField.safeParse(config);
  if (!read.success) {
    errors.push(...faultsIn(read.error, [...path, "config"]));
    return null;
  }
  const isSameKind = [kind, row?.kind].every((other) => other === undefined || other === read.data.kind);
  if (!isSameKind) errors.push({ path: [...path, "kind"], message: STAYS });
  const stored = row === undefined ? {} : JSON.parse(row.config.reveal());
  const merged = mergeConfig(checkAddress, read.data, keptSecrets(read.data, stored));
  if (!merged.ok) {
    errors.push(...merged.errors.map(({ field, message }) => ({ path: [...path, ...(field ?? [])], message })));
    return null;
  }
  const isUnsigned = read.data.kind === "WEBHOOK" && JSON.parse(merged.value.config.reveal()).secret === null;
  if (isUnsigned) {
    errors.push({ path: [...path, "config", "webhook", "secret"], message: "is required for a webhook: whsec_…" });
  }
  const isSame = Bun.deepEquals(JSON.parse(merged.value.config.reveal()), stored);
  return { name, enabled, kind: read.data.kind, ...(isSame ? {} : merged.value) };
}

const STAYS = "a channel stays of its kind: give another one another name";

/** Where it leads, and that its secret is another one. */
function leadsTo({ preview, config }: ChannelFields, row: OpenedChannel | undefined): Entry {
  if (row === undefined) return { leadsTo: preview };
  return config === undefined ? { leadsTo: row.preview } : { leadsTo: preview, config: "(new)" };
}
