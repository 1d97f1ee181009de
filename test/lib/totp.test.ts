import { describe, expect, test } from "bun:test";
import { Secret } from "../../src/lib/secret.ts";
import { matchTotp, newTotpSecret, totpCode, totpStep, totpUri } from "../../src/lib/totp.ts";

/** The ASCII secret of RFC 6238's appendix B, "12345678901234567890", in base32. */
const RFC = new Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");

describe("time-based one-time passwords", () => {
  test.each([
    [59, "287082"],
    [1111111109, "081804"],
    [1111111111, "050471"],
    [1234567890, "005924"],
    [2000000000, "279037"],
    [20000000000, "353130"],
  ])("are those of RFC 6238 at second %d", (second, code) => {
    expect(totpCode(RFC, Math.floor(second / 30))).toBe(code);
    expect(matchTotp(RFC, code, second * 1000)).toBe(Math.floor(second / 30));
  });

  test("fit one step early and late, and no further", () => {
    const nowMs = 1_700_000_015_000;
    const now = totpStep(nowMs);
    for (const [offset, fits] of [
      [-2, false],
      [-1, true],
      [0, true],
      [1, true],
      [2, false],
    ] as const) {
      expect(matchTotp(RFC, totpCode(RFC, now + offset), nowMs)).toBe(fits ? now + offset : null);
    }
    for (const text of ["", "28708", "2870822", "abcdef", " 287082"]) expect(matchTotp(RFC, text, 59_000)).toBeNull();
  });

  test("come from 160 random bits, and the address for the QR code holds them", () => {
    const secret = newTotpSecret();
    expect(secret.reveal()).toMatch(/^[A-Z2-7]{32}$/);
    expect(newTotpSecret().reveal()).not.toBe(secret.reveal());
    expect(totpUri(secret, "Sluice", "ada@example.org")).toBe(
      `otpauth://totp/Sluice:ada%40example.org?secret=${secret.reveal()}&issuer=Sluice`,
    );
  });
});
