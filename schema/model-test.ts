import { type ModelTest, testModel } from "../src/control/models/model-test.ts";
import { builder } from "./builder.ts";
import { payloadRef, toPayload } from "./payload.ts";
import { RequestLog } from "./refs.ts";
import { RequestAttempt } from "./request-detail.ts";
import { UserError } from "./user-errors.ts";

const TestModelPayload = payloadRef<ModelTest>("TestModelPayload");
builder.objectType(TestModelPayload, {
  fields: (t) => ({
    ok: t.boolean({ resolve: ({ value }) => value?.ok ?? false }),
    httpStatus: t.int({ nullable: true, resolve: ({ value }) => value?.httpStatus }),
    latencyMs: t.float({ nullable: true, resolve: ({ value }) => since(value, "endedAtMs") }),
    firstTokenMs: t.float({ nullable: true, resolve: ({ value }) => since(value, "firstTokenAtMs") }),
    text: t.string({ nullable: true, description: "What the model said.", resolve: ({ value }) => value?.text }),
    errorMessage: t.string({
      nullable: true,
      description: "Why it is not ok, as a client would have been told.",
      resolve: ({ value }) => value?.errorMessage,
    }),
    request: t.field({ type: RequestLog, nullable: true, resolve: ({ value }) => value?.request }),
    attempts: t.field({
      type: [RequestAttempt],
      description: "Every upstream call, in order.",
      resolve: ({ value }) => {
        const request = value?.request ?? null;
        if (request === null) return [];
        return (request.detail?.attempts ?? []).map((attempt, index) => ({ ...attempt, index, request }));
      },
    }),
    userErrors: t.field({ type: [UserError], resolve: ({ userErrors }) => [...userErrors] }),
  }),
});

function since(test: ModelTest | null, what: "endedAtMs" | "firstTokenAtMs"): number | null {
  const atMs = test?.request?.[what] ?? null;
  return atMs === null ? null : atMs - test!.request!.receivedAtMs;
}

const TestableEndpoint = builder.enumType("TestableEndpoint", {
  values: { CHAT_COMPLETIONS: { value: "chat.completions" }, EMBEDDINGS: { value: "embeddings" } } as const,
});

const TestModelInput = builder.inputType("TestModelInput", {
  fields: (t) => ({
    modelId: t.id(),
    name: t.string({ description: "Instead of `modelId`: any name that a client may ask for." }),
    targetIndex: t.int({ description: "Place in the model's `targets`: it alone is asked, also while switched off." }),
    providerKeyId: t.id({ description: "It alone is asked, also while it is cooling down." }),
    clientKeyId: t.id({ description: "Whose scopes and limits hold; without: the console's own." }),
    endpoint: t.field({ type: TestableEndpoint, required: true, defaultValue: "chat.completions" }),
    prompt: t.string({ required: true, defaultValue: "ping" }),
    stream: t.boolean({ required: true, defaultValue: true }),
  }),
});

builder.mutationField("testModel", (t) =>
  t.field({
    type: TestModelPayload,
    description:
      "One small request by the way of every client's, in the log with the origin TEST. Given up after 9 seconds.",
    args: { input: t.arg({ type: TestModelInput, required: true }) },
    resolve: async (_, { input }, { control }) => toPayload(await testModel(control, input)),
  }),
);
