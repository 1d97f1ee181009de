import { z } from "zod";

/** Input fields that several nouns share, with the words a person reads when one is refused. */

// Names stand in `provider/model`, in logs and in URLs: no slash, nothing invisible.
const NAME = /^[^\s/\p{C}](?:[^/\p{C}\n]*[^\s/\p{C}])?$/u;
export const nameField = z
  .string()
  .trim()
  .min(1, "A name is needed.")
  .max(100, "A name has at most 100 characters.")
  .regex(NAME, "A name holds no slash and no control characters.");

export const memoField = z.string().max(2000, "A memo has at most 2,000 characters.").nullable();

export const idField = z.string().max(64, "This is not an id.");
export const versionField = z.int().min(1, "A version is 1 or more.").nullish();

/** Lower number first. */
export const priorityField = z.int().min(0, "A priority is 0 or more.").max(1_000_000, "This priority is too large.");
export const weightField = z.int().min(1, "A weight is 1 or more.").max(10_000, "A weight is at most 10,000.");

// Header values: what goes into a header must not be able to end it.
const PRINTABLE = /^[\x20-\x7e]+$/;
export const userAgentField = z
  .string()
  .trim()
  .min(1, "A user agent is needed; use null for none.")
  .max(256, "A user agent has at most 256 characters.")
  .regex(PRINTABLE, "A user agent holds printable ASCII only.")
  .nullable();

export const secretField = z
  .string()
  .trim()
  .min(1, "The secret is needed.")
  .max(8192, "A secret has at most 8,192 characters.")
  .regex(/^[\x21-\x7e]+$/, "A secret holds no spaces and only printable ASCII.");

const limit = z.int().min(1, "A limit is 1 or more.").max(1_000_000_000, "This limit is too large.").nullish();
/** What a vendor allows a key; null or absent: unlimited. */
export const limitsField = z.strictObject({ rpm: limit, tpm: limit, rpd: limit, concurrency: limit });

export const tagsField = z
  .array(z.string().trim().min(1, "A tag is not empty.").max(50, "A tag has at most 50 characters."))
  .max(20, "At most 20 tags.")
  .transform((tags) => [...new Set(tags)]);

export const emailField = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, "An e-mail address has at most 254 characters.")
  .regex(/^[^\s@<>"',;:\p{C}]+@[^\s@<>"',;:\p{C}]+$/u, "This is not an e-mail address.");

export const personNameField = z
  .string()
  .trim()
  .min(1, "A name is needed.")
  .max(100, "A name has at most 100 characters.")
  .regex(/^[^\p{C}]+$/u, "A name holds no control characters.");

export const timeZoneField = z.string().max(64).refine(isTimeZone, "This is not a time zone, such as Asia/Shanghai.");

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== null;
  } catch {
    return false;
  }
}
