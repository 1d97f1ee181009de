/** What a vendor said of an account; amounts in units of `currency`. Null: unlimited, or not said. */
export interface VendorBalance {
  readonly remaining: number | null;
  readonly total: number | null;
  readonly currency: string;
}

export interface BalanceSource {
  /** Asked one after the other; `read` gets their JSON in this order. */
  readonly urls: readonly string[];
  /** Null when this is no such answer. */
  read(answers: readonly unknown[]): VendorBalance | null;
}

/** Where a provider's balance is to be had, by its address; others may be a one-api or new-api, which copy OpenAI's old billing pages. */
export function balanceSourceOf(baseUrl: string): BalanceSource {
  const { origin = "", host = "" } = URL.parse(baseUrl) ?? {};
  const isChinese = host.endsWith(".cn");
  switch (host) {
    case "openrouter.ai":
      return {
        urls: [`${origin}/api/v1/key`],
        read: ([answer]) => {
          const data = field(answer, "data");
          if (field(data, "usage") === undefined) return null;
          return {
            remaining: amount(field(data, "limit_remaining")),
            total: amount(field(data, "limit")),
            currency: "USD",
          };
        },
      };
    case "api.deepseek.com":
      return {
        urls: [`${origin}/user/balance`],
        read: ([answer]) => {
          const infos = field(answer, "balance_infos");
          const info = Array.isArray(infos) ? infos[0] : undefined;
          const remaining = amount(field(info, "total_balance"));
          return remaining === null
            ? null
            : { remaining, total: null, currency: String(field(info, "currency") ?? "CNY") };
        },
      };
    case "api.moonshot.cn":
    case "api.moonshot.ai":
      return {
        urls: [`${origin}/v1/users/me/balance`],
        read: ([answer]) => whole(amount(field(field(answer, "data"), "available_balance")), isChinese ? "CNY" : "USD"),
      };
    case "api.siliconflow.cn":
    case "api.siliconflow.com":
      return {
        urls: [`${origin}/v1/user/info`],
        read: ([answer]) => whole(amount(field(field(answer, "data"), "totalBalance")), isChinese ? "CNY" : "USD"),
      };
    default:
      return {
        urls: [`${origin}/dashboard/billing/subscription`, `${origin}/dashboard/billing/usage`],
        read: ([subscription, usage]) => {
          const total = amount(field(subscription, "hard_limit_usd"));
          const usedCents = amount(field(usage, "total_usage"));
          if (total === null || usedCents === null) return null;
          return { remaining: total - usedCents / 100, total, currency: "USD" };
        },
      };
  }
}

function whole(remaining: number | null, currency: string): VendorBalance | null {
  return remaining === null ? null : { remaining, total: null, currency };
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function amount(value: unknown): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}
