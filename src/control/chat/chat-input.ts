import { z } from "zod";
import { PROTOCOLS } from "../../llm/names.ts";
import type { ChatAttachment } from "../../store/chat-types.ts";
import { idField } from "../fields.ts";
import type { Given } from "../user-errors.ts";
import { attachmentIdsField, attachmentsField } from "./chat-attachments.ts";
import { chatParamsField } from "./chat-params.ts";
import { systemPromptField } from "./conversations.ts";

const MAX_TEXT = 500_000;

export const sendInput = z.strictObject({
  conversationId: idField.nullish(),
  parentMessageId: idField.nullish(),
  text: z.string().max(MAX_TEXT, `A message has at most ${MAX_TEXT} characters.`).nullish(),
  attachments: attachmentsField.nullish(),
  attachmentIds: attachmentIdsField.nullish(),
  toolResults: z
    .array(
      z.strictObject({
        callId: z.string().min(1, "The call's id is needed.").max(512, "This is no call's id."),
        text: z.string().max(MAX_TEXT, `A result has at most ${MAX_TEXT} characters.`),
        isError: z.boolean().default(false),
      }),
    )
    .max(128, "At most 128 results.")
    .nullish(),
  models: z
    .array(z.string().trim().min(1, "A model is needed.").max(256, "A model's name has at most 256 characters."))
    .min(1, "Name a model.")
    .max(4, "At most four models side by side."),
  systemPrompt: systemPromptField.optional(),
  params: chatParamsField.nullish(),
  format: z.enum(PROTOCOLS).nullish(),
  asClientKeyId: idField.nullish(),
  pinProviderKeyId: idField.nullish(),
});
export type SendInput = Given<typeof sendInput>;
/** With the files it names. */
export type Send = z.output<typeof sendInput> & { readonly attachments: readonly ChatAttachment[] };

/** Nothing new: the message before is answered again. */
export function saysNothing({ text, attachments, toolResults }: Send): boolean {
  return !text?.trim() && attachments.length === 0 && !toolResults?.length;
}
