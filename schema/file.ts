import { deleteFiles, downloadPath, type FilesPage, listFiles, restoreFiles } from "../src/control/files/files.ts";
import { announceUpload } from "../src/control/files/upload-input.ts";
import type { Announced } from "../src/control/files/uploads.ts";
import type { StoredFile } from "../src/stored-file.ts";
import { builder } from "./builder.ts";
import { loadNode, Node } from "./node.ts";
import { DeleteInput, DeletePayload, payloadRef, RestoreInput, RestorePayload, toPayload } from "./payload.ts";
import { ClientKey, File } from "./refs.ts";
import { UserError } from "./user-errors.ts";

builder.objectType(File, {
  description:
    "A file that a client or a person uploaded. Requests name it by its id, whatever their format and upstream.",
  interfaces: [Node],
  fields: (t) => ({
    filename: t.exposeString("filename"),
    contentType: t.exposeString("mediaType"),
    bytes: t.field({ type: "Long", resolve: ({ bytes }) => bytes }),
    sha256: t.exposeString("sha256"),
    purpose: t.exposeString("purpose"),
    clientKey: t.field({
      type: ClientKey,
      nullable: true,
      description: "Who alone may use it; null: the people of the console.",
      resolve: ({ clientKeyId }, _, context) =>
        clientKeyId === null ? null : (loadNode(context, clientKeyId) as Promise<never>),
    }),
    createdAt: t.expose("createdAtMs", { type: "DateTime" }),
    expiresAt: t.expose("expiresAtMs", { type: "DateTime", nullable: true }),
    downloadUrl: t.string({
      description: "Path below the gateway's address; good for five minutes, for whoever has it.",
      resolve: (file, _, { control }) => downloadPath(control, file),
    }),
  }),
});

builder.queryFields((t) => ({
  files: t.connection(
    {
      type: File,
      description: "Newest first.",
      args: {
        search: t.arg.string({ description: "In the name." }),
        purpose: t.arg.string(),
        clientKeyId: t.arg.id({ description: "Of this client alone." }),
      },
      resolve: (_, { search, purpose, clientKeyId, ...page }, { control }) =>
        listFiles(control, { search, purpose, clientKeyId }, page),
    },
    {
      name: "FileConnection",
      fields: (c) => ({
        totalCount: c.int({ resolve: async (page) => (await (page as FilesPage).totals()).count }),
        totalBytes: c.field({ type: "Long", resolve: async (page) => (await (page as FilesPage).totals()).bytes }),
      }),
    },
    { name: "FileEdge" },
  ),
  file: t.field({
    type: File,
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, { control }) => control.store.files.get(id),
  }),
}));

const CreateUploadPayload = payloadRef<Announced>("CreateUploadPayload");
builder.objectType(CreateUploadPayload, {
  fields: (t) => ({
    uploadId: t.id({ nullable: true, resolve: ({ value }) => value?.uploadId }),
    uploadUrl: t.string({
      nullable: true,
      description: "PUT the bytes here, once: a path below the gateway's address.",
      resolve: ({ value }) => value?.path,
    }),
    expiresAt: t.field({ type: "DateTime", nullable: true, resolve: ({ value }) => value?.expiresAt }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const FilePayload = payloadRef<StoredFile>("FilePayload");
builder.objectType(FilePayload, {
  fields: (t) => ({
    file: t.field({ type: File, nullable: true, resolve: ({ value }) => value }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

const CreateUploadInput = builder.inputType("CreateUploadInput", {
  fields: (t) => ({
    filename: t.string({ required: true }),
    contentType: t.string({ description: "By the name's ending when absent." }),
    bytes: t.field({ type: "Long", required: true, description: "Exactly so many will come." }),
    purpose: t.string({ required: true, defaultValue: "user_data" }),
    clientKeyId: t.id({ description: "Whose file it becomes; absent: for the people of the console." }),
    expiresAt: t.field({ type: "DateTime" }),
  }),
});
const CompleteUploadInput = builder.inputType("CompleteUploadInput", {
  fields: (t) => ({ uploadId: t.id({ required: true }) }),
});

builder.mutationFields((t) => ({
  createUpload: t.field({
    type: CreateUploadPayload,
    description: "Announces a file: PUT its bytes to `uploadUrl` within ten minutes, then `completeUpload`.",
    args: { input: t.arg({ type: CreateUploadInput, required: true }) },
    resolve: async (_, { input }, { control, principal }) => toPayload(await announceUpload(control, principal, input)),
  }),
  completeUpload: t.field({
    type: FilePayload,
    args: { input: t.arg({ type: CompleteUploadInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await control.uploads.complete(input.uploadId)),
  }),
  deleteFiles: t.field({
    type: DeletePayload,
    description:
      "Nobody can use them any more; `restoreFiles` brings them back for ten minutes. Until then they take their room.",
    args: { input: t.arg({ type: DeleteInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await deleteFiles(control, input.ids)),
  }),
  restoreFiles: t.field({
    type: RestorePayload,
    description: "Takes back a deletion of the last ten minutes. What a client itself deleted is gone.",
    args: { input: t.arg({ type: RestoreInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await restoreFiles(control, input.undoToken)),
  }),
}));
