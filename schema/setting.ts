import {
  getSetting,
  listSettings,
  readSettingsVersion,
  type SettingView,
  type UpdatedSettings,
  updateSettings,
} from "../src/control/settings/settings.ts";
import { builder } from "./builder.ts";
import { SettingGroup, SettingSource, SettingUnit } from "./enums.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { UserError } from "./user-errors.ts";

const Setting = builder.objectRef<SettingView>("Setting");
builder.objectType(Setting, {
  description: "One thing that can be changed while Sluice runs.",
  fields: (t) => ({
    key: t.exposeString("key"),
    group: t.expose("group", { type: SettingGroup }),
    title: t.exposeString("title"),
    description: t.exposeString("description"),
    unit: t.expose("unit", { type: SettingUnit, nullable: true }),
    value: t.expose("value", { type: "JSON", nullable: true, description: "In force now. Null when it is secret." }),
    defaultValue: t.expose("defaultValue", { type: "JSON", nullable: true }),
    schema: t.expose("schema", { type: "JSON", description: "JSON Schema of the value: its type, range or choices." }),
    source: t.expose("source", {
      type: SettingSource,
      description: "Where the value comes from. The environment stands before the file, the file before the database.",
    }),
    locked: t.boolean({
      description: "Fixed from outside: it can be changed only there.",
      resolve: ({ lockedBy }) => lockedBy !== null,
    }),
    envVariable: t.exposeString("lockedBy", { nullable: true, description: "The variable that fixes it." }),
    secret: t.exposeBoolean("secret"),
    restartRequired: t.exposeBoolean("restartRequired", { description: "In force only after the next start." }),
    memo: t.exposeString("memo", { nullable: true, description: "Why it was set so." }),
    updatedAt: t.expose("updatedAt", { type: "DateTime", nullable: true, description: "When it was last set here." }),
    updatedBy: t.exposeString("updatedBy", { nullable: true }),
  }),
});

const Settings = builder.objectRef<{ readonly nodes: readonly SettingView[] }>("Settings");
builder.objectType(Settings, {
  fields: (t) => ({
    version: t.int({
      description: "Of all settings together; what `expectedVersion` is compared with.",
      resolve: (_, __, { control }) => readSettingsVersion(control),
    }),
    nodes: t.field({ type: [Setting], resolve: ({ nodes }) => [...nodes] }),
  }),
});

builder.queryFields((t) => ({
  settings: t.field({
    type: Settings,
    args: { group: t.arg({ type: SettingGroup }) },
    resolve: async (_, { group }, { control }) => ({ nodes: await listSettings(control, group ?? null) }),
  }),
  setting: t.field({
    type: Setting,
    nullable: true,
    args: { key: t.arg.string({ required: true }) },
    resolve: (_, { key }, { control }) => getSetting(control, key),
  }),
}));

const SettingChangeInput = builder.inputType("SettingChangeInput", {
  fields: (t) => ({
    key: t.string({ required: true }),
    value: t.field({ type: "JSON" }),
    reset: t.boolean({ description: "Back to the default. Instead of `value`." }),
    memo: t.string({ description: "Why. A new value without one has none." }),
  }),
});
const UpdateSettingsInput = builder.inputType("UpdateSettingsInput", {
  fields: (t) => ({
    changes: t.field({ type: [SettingChangeInput], required: true }),
    expectedVersion: t.int({ description: "`Settings.version` as it was read." }),
  }),
});

const UpdateSettingsPayload = payloadRef<UpdatedSettings>("UpdateSettingsPayload");
builder.objectType(UpdateSettingsPayload, {
  fields: (t) => ({
    settings: t.field({
      type: [Setting],
      description: "Those that were named, as they are now.",
      resolve: ({ value }) => [...(value?.settings ?? [])],
    }),
    version: t.int({ resolve: (_, __, { control }) => readSettingsVersion(control) }),
    restartRequired: t.boolean({
      resolve: ({ value }) => value?.settings.some((each) => each.restartRequired) ?? false,
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

builder.mutationField("updateSettings", (t) =>
  t.field({
    type: UpdateSettingsPayload,
    description: "All of the changes or none; in force at once, without a restart.",
    args: { input: t.arg({ type: UpdateSettingsInput, required: true }) },
    resolve: async (_, { input }, { control }) => {
      const payload = toPayload(await updateSettings(control, input));
      return payload.value === null ? payload : { ...payload, changed: { subject: "settings", ...payload.value } };
    },
  }),
);
