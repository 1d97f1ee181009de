import type { ControlDeps } from "../deps.ts";

/**
 * Why a key must not call through this proxy; null: it may. A proxy sees where requests go, so it stands under the same address
 * policy. Bun speaks to HTTP proxies only.
 */
export function refuseProxyUrl(control: Pick<ControlDeps, "checkAddress">, proxyUrl: string): string | null {
  const parsed = URL.parse(proxyUrl);
  if (parsed === null || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) {
    return "A proxy URL begins with http:// or https://.";
  }
  const reason = control.checkAddress(parsed.origin); // The origin leaves the proxy's own credentials out.
  return reason === null ? null : `Proxy URL: ${reason}.`;
}
