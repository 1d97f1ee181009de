import { z } from "zod";
import { sniffMediaType } from "../llm/media-type.ts";
import type { ChatAttachment } from "../store/chat-types.ts";

const MAX_ATTACHMENTS = 8;
/** A GraphQL request has at most one MiB anyway. */
const MAX_BYTES = 1_048_576;

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?;base64,([A-Za-z0-9+/]+={0,2})$/;

/** Pictures and files that travel inside the message itself. */
export const attachmentsField = z
  .array(
    z
      .strictObject({
        name: z.string().max(200, "A file's name has at most 200 characters.").nullish(),
        dataUrl: z.string().max(Math.ceil((MAX_BYTES * 4) / 3) + 200, "An attachment has at most 1 MiB."),
      })
      .transform(({ name, dataUrl }, context): ChatAttachment => {
        const [, type, base64 = ""] = DATA_URL.exec(dataUrl) ?? [];
        const mediaType = type ?? sniffMediaType(base64);
        if (base64 === "" || !mediaType) {
          context.addIssue({ code: "custom", message: "Use `data:TYPE;base64,…`.", path: ["dataUrl"] });
          return z.NEVER;
        }
        return { name: name ?? null, mediaType: mediaType.toLowerCase(), bytes: Buffer.from(base64, "base64") };
      }),
  )
  .max(MAX_ATTACHMENTS, `At most ${MAX_ATTACHMENTS} attachments.`);
