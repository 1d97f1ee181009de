import { z } from "zod";
import type { Secret } from "../../lib/secret.ts";
import { emailField, personNameField, timeZoneField } from "../fields.ts";
import { type Given, invalid, ok, type Result, readInput, refuse } from "../user-errors.ts";
import { hashCredential } from "./access-directory.ts";
import { storeAdminToken } from "./admin-tokens.ts";
import { hashPassword, passwordField } from "./passwords.ts";
import { EVERY_SCOPE } from "./principal.ts";
import { cookiesOf, enter, tooManyAttempts, type Visit } from "./sign-in.ts";

const setUpInput = z.strictObject({
  setupToken: z.string().max(200),
  email: emailField.nullish(),
  password: passwordField.nullish(),
  name: personNameField.nullish(),
  locale: z.string().max(35).nullish(),
  timeZone: timeZoneField.nullish(),
  createAdminToken: z.boolean().nullish(),
});

export interface SetUpDone {
  /** Shown once; null when none was asked for. */
  readonly adminToken: Secret | null;
}

/** The first start's link, once: makes the first owner, an admin token, or both, and signs in. */
export async function setUp(visit: Visit, input: Given<typeof setUpInput>): Promise<Result<SetUpDone>> {
  const { control } = visit;
  const { setup, throttle, directory } = control.access;
  cookiesOf(visit);
  const waitMs = throttle.waitMs(visit.address, control.now());
  if (waitMs > 0) return refuse(tooManyAttempts(waitMs, "tokens"));
  if (setup.token === null) {
    return refuse(invalid("setupToken", "Sluice is set up already: sign in.", "CONFLICT"));
  }
  const setupToken = input.setupToken ?? "";
  if (!setup.fits(setupToken)) {
    const guess = hashCredential(control.vault, "admin-token", setupToken);
    throttle.failed(visit.address, guess, control.now());
    return refuse(invalid("setupToken", "The link is not valid: a newer start has printed another one."));
  }
  const read = readInput(setUpInput, input);
  if (!read.ok) return read;
  const { email, password, name, locale, timeZone, createAdminToken } = read.value;
  if ((email == null) !== (password == null)) {
    return refuse(
      invalid(email == null ? "email" : "password", "E-mail address and password go together.", "REQUIRED"),
    );
  }
  return setup.using(async () => {
    const preferences = { ...(locale ? { locale } : {}), ...(timeZone ? { timeZone } : {}) };
    const owner =
      email == null
        ? null
        : await control.store.users.create({
            email,
            name: name ?? email.split("@")[0]!,
            role: "owner",
            enabled: true,
            passwordHash: await hashPassword(password!),
            preferences,
          });
    const userId = owner?.kind === "ok" ? owner.row.id : null;
    const wantsToken = createAdminToken ?? userId === null;
    const issued =
      wantsToken || userId === null
        ? await storeAdminToken(control, {
            name: "set-up",
            scopes: [...EVERY_SCOPE],
            createdBy: userId,
            expiresAt: null,
          })
        : null;
    await directory.refresh();
    await enter(visit, userId === null ? { tokenId: issued!.row.id } : { userId });
    return ok({ adminToken: issued?.secret ?? null });
  });
}
