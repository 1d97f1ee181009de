import { z } from "zod";
import type { Control } from "../control.ts";
import { idField } from "../fields.ts";
import type { Principal } from "../people/principal.ts";
import { type Given, type Result, readInput } from "../user-errors.ts";
import type { Announced } from "./uploads.ts";

const uploadInput = z.strictObject({
  filename: z.string().trim().min(1, "A file has a name.").max(255, "A file's name is at most 255 long."),
  contentType: z
    .string()
    .regex(/^[\w.+-]{1,60}\/[\w.+-]{1,60}$/, "A media type, e.g. text/plain.")
    .nullish(),
  bytes: z.int("A number of bytes.").min(0, "A number of bytes."),
  purpose: z
    .string()
    .regex(/^[a-z][a-z_-]{0,39}$/, "A purpose is a word, e.g. user_data.")
    .default("user_data"),
  clientKeyId: idField.nullish(),
  expiresAt: z.int("A time is needed.").nullish(),
});
export type UploadValues = z.output<typeof uploadInput>;

/** Apart from the uploads themselves, which every start makes: it need not load this. */
export async function announceUpload(
  control: Control,
  principal: Principal,
  input: Given<typeof uploadInput>,
): Promise<Result<Announced>> {
  const read = readInput(uploadInput, input);
  return read.ok ? control.uploads.announce(principal, read.value) : read;
}
