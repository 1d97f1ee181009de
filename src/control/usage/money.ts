/** Money is an integer of nano-USD inside, an exact decimal string outside. */

const NANO = 1_000_000_000;

/** 4215000 → "0.004215". */
export function formatNanoUsd(nanoUsd: number): string {
  const rounded = Math.round(nanoUsd);
  const magnitude = Math.abs(rounded);
  const whole = Math.floor(magnitude / NANO);
  const fraction = (magnitude % NANO).toString().padStart(9, "0").replace(/0+$/, "");
  return `${rounded < 0 ? "-" : ""}${whole}${fraction && `.${fraction}`}`;
}

/** A price (USD per million tokens) without exponent or binary noise: 1e-7 → "0.0000001". */
export function formatPrice(usdPerMillion: number): string {
  if (!Number.isFinite(usdPerMillion)) throw new RangeError("a price must be finite");
  const text = usdPerMillion.toString();
  if (!text.includes("e")) return text;
  return usdPerMillion.toFixed(12).replace(/\.?0+$/, "");
}

/** "0.05" → 50000000; null when it is not a plain decimal. */
export function parseUsd(text: string): number | null {
  return /^-?\d{1,9}(\.\d{1,12})?$/.test(text) ? toNanoUsd(Number(text)) : null;
}

/** 0.05 → 50000000. */
export function toNanoUsd(usd: number): number {
  return Math.round(usd * NANO);
}

/** "2.5" → 2.5, for prices in USD per million tokens; null when it is not a plain decimal of 0 or more. */
export function parsePrice(text: string): number | null {
  return /^\d{1,7}(\.\d{1,12})?$/.test(text) ? Number(text) : null;
}
