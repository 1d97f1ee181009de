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

interface Candidate {
  readonly path: string;
  readonly args: readonly string[];
}

/** A real Chromium: CHROME_PATH, else an installed one, else the one inside @sparticuz/chromium. Throws what to install. */
export async function startBrowser(): Promise<Browser> {
  const failures: string[] = [];
  for (const find of [installed, packaged]) {
    try {
      for (const { path, args } of await find()) {
        try {
          return await chromium.launch({ executablePath: path, args: [...args], timeout: 60_000 });
        } catch (error) {
          failures.push(`${path}: ${String(error).split("\n")[0]}`);
        }
      }
    } catch (error) {
      failures.push(String(error));
    }
  }
  throw new Error(
    "No Chromium starts, so the console cannot be tested. On Debian or Ubuntu install the package `chromium`; the one " +
      `inside @sparticuz/chromium needs the package libnss3. CHROME_PATH names another one.\n  ${failures.join("\n  ")}`,
  );
}

async function installed(): Promise<Candidate[]> {
  const { CHROME_PATH } = process.env;
  const found = CHROME_PATH ? [CHROME_PATH] : [...NAMES.map((name) => Bun.which(name)), ...PLACES];
  return found.filter((path) => path !== null && existsSync(path)).map((path) => ({ path: path!, args: ARGUMENTS }));
}

/** Unpacks itself into the temporary directory on first use; runs on Linux only. */
async function packaged(): Promise<Candidate[]> {
  if (process.platform !== "linux") return [];
  // follow-redirects, which it loads, calls this on an object that Bun does not take for an error.
  const { captureStackTrace } = Error;
  Reflect.deleteProperty(Error, "captureStackTrace");
  try {
    const { default: bundled } = await import("@sparticuz/chromium");
    return [{ path: await bundled.executablePath(), args: [...bundled.args, ...ARGUMENTS] }];
  } finally {
    Error.captureStackTrace = captureStackTrace;
  }
}
