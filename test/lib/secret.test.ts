import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import { SealError } from "../../src/lib/seal.ts";
import { Secret, Vault } from "../../src/lib/secret.ts";

const PLACE = { table: "provider_key", row: "pky_1", column: "secret" };
const vault = new Vault(new Uint8Array(32).fill(1));
const otherVault = new Vault(new Uint8Array(32).fill(2));

describe("a secret", () => {
  const secret = new Secret("sk-abcdefghijklmnop");

  test("does not print", () => {
    for (const printed of [`${secret}`, JSON.stringify({ secret }), Bun.inspect({ secret }), inspect({ secret })]) {
      expect(printed).not.toContain("abcdef");
      expect(printed).toContain("[secret]");
    }
    expect(Object.values(secret)).toEqual([]);
    expect(secret.reveal()).toBe("sk-abcdefghijklmnop");
  });

  test("shows its ends when it is long enough to stay secret", () => {
    expect(secret.preview()).toBe("sk-…mnop");
    expect(new Secret("12345678901").preview()).toBe("…");
    expect(new Secret("").preview()).toBe("…");
  });
});

describe("the vault", () => {
  test.each(["", "sk-1", "ключ 🔑", "x".repeat(10_000)])("opens what it sealed (case %#)", (text) => {
    expect(vault.open(vault.seal(new Secret(text), PLACE), PLACE).reveal()).toBe(text);
  });

  test("seals the same secret differently each time", () => {
    const [a, b] = [vault.seal(new Secret("same"), PLACE), vault.seal(new Secret("same"), PLACE)];
    expect(Buffer.from(a).equals(Buffer.from(b))).toBe(false);
  });

  test("does not open at another place", () => {
    const sealed = vault.seal(new Secret("x"), PLACE);
    for (const moved of [
      { ...PLACE, row: "pky_2" },
      { ...PLACE, column: "proxy_url" },
      { ...PLACE, table: "other" },
    ]) {
      expect(() => vault.open(sealed, moved)).toThrow(SealError);
    }
  });

  test("tells another master key from damage", () => {
    const sealed = vault.seal(new Secret("x"), PLACE);
    expect(() => otherVault.open(sealed, PLACE)).toThrow(/another master key/);
    const damaged = Uint8Array.from(sealed);
    damaged[damaged.length - 1]! ^= 1;
    expect(() => vault.open(damaged, PLACE)).toThrow(/damaged/);
    expect(() => vault.open(sealed.slice(0, 20), PLACE)).toThrow(/damaged/);
    expect(() => vault.open(Uint8Array.of(2, ...sealed.slice(1)), PLACE)).toThrow(/damaged/);
  });

  test("fingerprints and client hashes are stable, keyed and apart", () => {
    expect(vault.fingerprint(new Secret("a"))).toBe(vault.fingerprint(new Secret("a")));
    expect(vault.fingerprint(new Secret("a"))).not.toBe(otherVault.fingerprint(new Secret("a")));
    expect(vault.fingerprint(new Secret("a"))).toMatch(/^[0-9a-f]{32}$/);
    expect(vault.clientKeyHash("a")).toMatch(/^[0-9a-f]{64}$/);
    expect(vault.clientKeyHash("a")).not.toStartWith(vault.fingerprint(new Secret("a")));
  });

  test("wants 32 bytes", () => {
    expect(() => new Vault(new Uint8Array(31))).toThrow(RangeError);
  });
});
