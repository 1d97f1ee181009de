import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** A real Chromium: CHROME_PATH, else an installed one, else the one inside @sparticuz/chromium. Throws what to install. */
export async function startBrowser(): Promise<Browser> {
  const failures: string[] = [];
  for (const [path, args] of await candidates()) {
    try {
      return await chromium.launch({ executablePath: path, args: [...args], timeout: 20_000 });
    } catch (error) {
      failures.push(`${path}: ${String(error).split("\n")[0]}`);
    }
  }
  const tried = failures.length > 0 ? `\nTried:\n  ${failures.join("\n  ")}` : "";
  throw new Error(
    "No Chromium starts, so the console cannot be tested. On Debian or Ubuntu install the package `chromium`; the one " +
      `inside @sparticuz/chromium needs the package libnss3. CHROME_PATH names another one.${tried}`,
  );
}

async function candidates(): Promise<(readonly [path: string, args: readonly string[]])[]> {
  const { CHROME_PATH } = process.env;
  // Named on purpose: no other one in its place.
  if (CHROME_PATH) return [[CHROME_PATH, ARGUMENTS]];
  const installed = [...NAMES.map((name) => Bun.which(name)), ...PLACES.filter((path) => existsSync(path))];
  const found = installed.filter((path) => path !== null).map((path) => [path, ARGUMENTS] as const);
  return [...found, ...(await packaged())];
}

/** Unpacks itself into the temporary directory on first use; runs on Linux only. */
async function packaged(): Promise<(readonly [string, readonly string[]])[]> {
  if (process.platform !== "linux") return [];
  const { default: bundled } = await import("@sparticuz/chromium");
  return [[await bundled.executablePath(), [...bundled.args, ...ARGUMENTS]]];
}
