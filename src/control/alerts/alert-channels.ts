import { randomBytes } from "node:crypto";
import { isId } from "../../lib/id.ts";
import { Secret } from "../../lib/secret.ts";
import type { AlertChannelRow, DeliveryRow } from "../../store/alert-types.ts";
import { badInput } from "../bad-input.ts";
import type { Control } from "../control.ts";
import { type CountedPage, type PageArgs, pageOf, readPageArgs } from "../page.ts";
import { type Given, invalid, notFound, ok, type Result, readInput, refuse } from "../user-errors.ts";
import { definedOnly, fromWritten } from "../writes.ts";
import { keptSecrets, mergeConfig } from "./alert-channel-config.ts";
import { createChannelInput, updateChannelInput } from "./alert-channel-input.ts";
import { toIdBounds } from "./alerts.ts";

export const MAX_CHANNELS = 50;

export interface WrittenChannel {
  readonly channel: AlertChannelRow;
  /** Of a webhook, when it was made here: shown once. */
  readonly signingSecret: Secret | null;
}

export async function createAlertChannel(
  control: Control,
  input: Given<typeof createChannelInput>,
): Promise<Result<WrittenChannel>> {
  const read = readInput(createChannelInput, input);
  if (!read.ok) return read;
  if ((await control.store.alertChannels.list()).length >= MAX_CHANNELS) {
    return refuse(invalid([], `There are at most ${MAX_CHANNELS} channels.`, "OUT_OF_RANGE"));
  }
  const { config: given, name, enabled } = read.value;
  const isUnsigned = given.kind === "WEBHOOK" && given.config.secret == null;
  const signingSecret = isUnsigned ? new Secret(`whsec_${randomBytes(32).toString("base64")}`) : null;
  const merged = mergeConfig(
    control.checkAddress,
    given,
    signingSecret === null ? {} : { secret: signingSecret.reveal() },
  );
  if (!merged.ok) return merged;
  const values = { name, enabled, kind: given.kind, ...merged.value };
  const created = fromWritten(await control.store.alertChannels.create(values), "alert channel");
  return created.ok ? ok({ channel: created.value, signingSecret }) : created;
}

/** A configuration replaces the old one; what is secret in it and not given stays. */
export async function updateAlertChannel(
  control: Control,
  input: Given<typeof updateChannelInput>,
): Promise<Result<WrittenChannel>> {
  const read = readInput(updateChannelInput, input);
  if (!read.ok) return read;
  const { id, expectedVersion, config: given, ...fields } = read.value;
  const current = await control.store.alertChannels.get(id);
  if (current === null) return refuse(notFound("id", "alert channel"));
  let sealed = {};
  if (given !== undefined) {
    if (given.kind !== current.kind) {
      return refuse(invalid("config", "A channel stays of its kind: make another one.", "CONFLICT"));
    }
    const opened = await control.store.alertChannels.openConfig(id);
    const merged = mergeConfig(
      (url) => control.checkAddress(url),
      given,
      keptSecrets(given, JSON.parse(opened?.reveal() ?? "{}")),
    );
    if (!merged.ok) return merged;
    sealed = merged.value;
  }
  const patch = { ...definedOnly(fields), ...sealed };
  const written = await control.store.alertChannels.update(id, patch, expectedVersion ?? undefined);
  const updated = fromWritten(written, "alert channel");
  return updated.ok ? ok({ channel: updated.value, signingSecret: null }) : updated;
}

/** Rules that name them say nothing there any more. */
export async function deleteAlertChannels(control: Control, ids: readonly string[]): Promise<Result<string[]>> {
  return ok(await control.store.alertChannels.delete(ids));
}

/** Says a test message now and waits for what comes of it: one try. */
export async function testAlertChannel(control: Control, id: string): Promise<Result<DeliveryRow>> {
  const channel = await control.store.alertChannels.get(id);
  if (channel === null) return refuse(notFound("id", "alert channel", id));
  const at = control.now();
  const title = `Test of the alert channel ${channel.name}`;
  const message = { what: "TEST", severity: "INFO", title, alerts: [], total: 0, rule: null, at } as const;
  return ok(await control.alertOutbox.sendNow({ channelId: id, message, createdAt: at }));
}

/** Newest first. */
export async function listDeliveries(
  control: Control,
  channelId: string,
  page: PageArgs,
): Promise<CountedPage<DeliveryRow>> {
  const request = readPageArgs(page);
  for (const cursor of [request.after, request.before]) {
    if (cursor !== null && !isId("adl", cursor)) throw badInput("The cursor is no delivery's id.", "after");
  }
  const found = await control.store.alertDeliveries.page(channelId, toIdBounds(request));
  return { ...pageOf(found, request, ({ id }) => id), totalCount: found.totalCount };
}
