import {
  type Imported,
  importProviderKeys,
  type ImportPreview as Preview,
  type PreviewRow,
} from "../src/control/keys/import/import.ts";
import { builder } from "./builder.ts";
import { DuplicatePolicy, ImportAction, ImportFormat, RefusedKeyPolicy } from "./enums.ts";
import { loadNode, Node } from "./node.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { Job } from "./refs.ts";
import { UserError } from "./user-errors.ts";

const ImportPreviewRow = builder.objectRef<PreviewRow>("ImportPreviewRow");
builder.objectType(ImportPreviewRow, {
  fields: (t) => ({
    index: t.exposeInt("index", { description: "Its place in the text, from 0." }),
    action: t.expose("action", { type: ImportAction }),
    message: t.exposeString("message"),
    secretPreview: t.exposeString("preview"),
    providerKey: t.field({
      type: Node,
      nullable: true,
      description: "The one that is there already.",
      resolve: ({ keyId }, _, context) => (keyId === null ? null : loadNode(context, keyId)),
    }),
  }),
});

const ImportPreview = builder.objectRef<Preview>("ImportPreview");
builder.objectType(ImportPreview, {
  description: "How the text was understood, and what that comes to.",
  fields: (t) => ({
    format: t.expose("format", { type: ImportFormat }),
    total: t.exposeInt("total"),
    created: t.exposeInt("create"),
    updated: t.exposeInt("update"),
    restored: t.exposeInt("restore"),
    existing: t.exposeInt("keep", { description: "Already there, and left as they are." }),
    repeated: t.exposeInt("repeat", { description: "More than once in the text." }),
    refused: t.exposeInt("refuse"),
    rows: t.field({
      type: [ImportPreviewRow],
      description: "At most 200, the refused ones first. What became of each row is in `job.items`.",
      resolve: ({ rows }) => [...rows],
    }),
  }),
});

const ImportProviderKeysPayload = payloadRef<Imported>("ImportProviderKeysPayload");
builder.objectType(ImportProviderKeysPayload, {
  fields: (t) => ({
    preview: t.field({ type: ImportPreview, nullable: true, resolve: ({ value }) => value?.preview }),
    job: t.field({
      type: Job,
      nullable: true,
      description: "Null after a dry run. Mostly ended already; of a large import it is still running.",
      resolve: ({ value }) => value?.job,
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const ImportProviderKeysInput = builder.inputType("ImportProviderKeysInput", {
  fields: (t) => ({
    providerId: t.id({ required: true }),
    text: t.string({
      required: true,
      description:
        "Keys line by line or between commas, CSV with a header, JSON (strings or objects), .env, or an export of gpt-load, one-api or new-api.",
    }),
    tags: t.stringList({ required: true, defaultValue: [], description: "For every key that is made or updated." }),
    onDuplicate: t.field({ type: DuplicatePolicy, required: true, defaultValue: "SKIP" }),
    validate: t.boolean({
      required: true,
      defaultValue: false,
      description:
        "Asks the vendor about each key before it is written: `job.items` say what it answered. An outage or a limit says nothing about a key: that one is written as it is.",
    }),
    onRefused: t.field({
      type: RefusedKeyPolicy,
      required: true,
      defaultValue: "DISABLE",
      description: "With `validate`: what becomes of a key that its vendor refuses.",
    }),
    dryRun: t.boolean({
      required: true,
      defaultValue: false,
      description: "Only the preview; nothing is written, and nobody asked.",
    }),
    idempotencyKey: t.string({ description: "The same key again answers the job that it started." }),
  }),
});

builder.mutationField("importProviderKeys", (t) =>
  t.field({
    type: ImportProviderKeysPayload,
    description: "`undoJob` takes back what it made, for an hour.",
    args: { input: t.arg({ type: ImportProviderKeysInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await importProviderKeys(control, input)),
  }),
);
