import { z } from "zod";
import type { CallPins } from "../../internal-call.ts";
import { shortRequest } from "../../llm/short-request.ts";
import { readAnswerError, readAnswerText } from "../chat/answer-text.ts";
import type { Control } from "../control.ts";
import { idField } from "../fields.ts";
import { getRequest } from "../requests/request-logs.ts";
import type { RequestView } from "../requests/request-view.ts";
import { type Given, invalid, notFound, ok, type Result, readInput, refuse } from "../user-errors.ts";
import { getModel, targetsInOrder } from "./models.ts";

export interface ModelTest {
  readonly ok: boolean;
  /** What a client would have got; null when there was no answer in time. */
  readonly httpStatus: number | null;
  readonly text: string | null;
  readonly errorMessage: string | null;
  /** As it stands in the log, with its attempts; null when it could not be written there. */
  readonly request: RequestView | null;
}

/** A mutation has ten seconds. */
const LONGEST_TEST_MS = 9000;

const testInput = z
  .strictObject({
    modelId: idField.nullish(),
    name: z.string().trim().min(1, "A name is needed.").max(256, "A name has at most 256 characters.").nullish(),
    targetIndex: z.int().min(0, "Targets count from 0.").nullish(),
    providerKeyId: idField.nullish(),
    clientKeyId: idField.nullish(),
    endpoint: z.enum(["chat.completions", "embeddings"]).default("chat.completions"),
    prompt: z
      .string()
      .min(1, "A prompt is needed.")
      .max(10_000, "A prompt has at most 10,000 characters.")
      .default("ping"),
    stream: z.boolean().default(true),
  })
  .refine((input) => (input.modelId == null) !== (input.name == null), {
    message: "Give `modelId` or `name`: one of the two.",
    path: ["modelId"],
  });
type TestInput = z.output<typeof testInput>;

/** One small request by the way of every client's: counted, priced, in the log as a test. */
export async function testModel(control: Control, given: Given<typeof testInput>): Promise<Result<ModelTest>> {
  const read = readInput(testInput, given);
  if (!read.ok) return read;
  const input = read.value;
  const asked = await findAsked(control, input);
  if (!asked.ok) return asked;
  const stream = input.stream && input.endpoint === "chat.completions";
  const { name, pins } = asked.value;
  const body = shortRequest(input.endpoint, { model: name, prompt: input.prompt, stream });
  const { requestId, response } = control.callGateway({
    origin: "test",
    endpoint: input.endpoint,
    pathModel: null,
    body: new TextEncoder().encode(JSON.stringify(body)),
    clientKeyId: input.clientKeyId ?? null,
    pins,
    signal: AbortSignal.timeout(LONGEST_TEST_MS),
  });
  const answer = await response;
  const text = await answer.text().catch(() => "");
  const errorMessage = readAnswerError(text);
  const request = await getRequest(control, requestId);
  const isOk = answer.ok && errorMessage === null && request?.status === "success";
  return ok({
    ok: isOk,
    httpStatus: answer.status,
    text: input.endpoint === "chat.completions" && answer.ok ? readAnswerText(text, stream) : null,
    errorMessage: isOk ? null : (errorMessage ?? request?.errorText ?? `No answer within ${LONGEST_TEST_MS / 1000} s.`),
    request,
  });
}

interface Asked {
  readonly name: string;
  readonly pins: CallPins | null;
}

/** A target that is named is asked alone, also while it or its model is switched off: a test comes before the use. */
async function findAsked(control: Control, input: TestInput): Promise<Result<Asked>> {
  const model = await getModel(control, input.modelId == null ? { name: input.name! } : { id: input.modelId });
  if (model === null && input.modelId != null) return refuse(notFound("modelId", "model", input.modelId));
  const name = model?.name ?? input.name!;
  const key = input.providerKeyId == null ? null : (await control.rows.providerKeys()).get(input.providerKeyId);
  if (key === undefined) return refuse(notFound("providerKeyId", "provider key", input.providerKeyId!));
  const keyPin = key === null ? null : { keyId: key.id, providerId: key.providerId };
  if (input.targetIndex == null) return ok({ name, pins: keyPin });
  const target = (model === null ? [] : targetsInOrder(model))[input.targetIndex];
  if (target === undefined) {
    return refuse(invalid("targetIndex", "The model has no such target.", "OUT_OF_RANGE"));
  }
  const { providerId, upstreamModel } = target;
  if (key !== null && key.providerId !== providerId) {
    return refuse(invalid("providerKeyId", "This key belongs to another provider than the target."));
  }
  return ok({ name, pins: { providerId, upstreamModel, keyId: key?.id ?? null } });
}
