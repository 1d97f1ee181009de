import { Database } from "bun:sqlite";
import { accessSync, constants, existsSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { describeFault, isLocked } from "../store/store-error.ts";
import { databasesIn } from "./backup.ts";
import type { Finding } from "./doctor.ts";

const GIB = 1024 ** 3;
const ENOUGH_BYTES = GIB;
const LEAST_BYTES = GIB / 10;
const HOUR_MS = 3_600_000;

export function checkDirectory(root: string): Finding[] {
  const check = "directory";
  if (!existsSync(root)) {
    return [
      { check, state: "warn", found: `${root} does not exist`, advice: "The first start makes it; or set DATA_DIR." },
    ];
  }
  try {
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const advice = "Give it to the user that Sluice runs as: chown, chmod 700.";
    return [{ check, state: "fail", found: `${root}: ${describeFault(error)}`, advice }];
  }
  const mode = statSync(root).mode & 0o777;
  const isOpen = process.platform !== "win32" && (mode & 0o077) !== 0;
  const found = `${root}, mode ${mode.toString(8)}`;
  return [
    isOpen
      ? { check, state: "warn", found, advice: `Others may read it: chmod 700 ${root}` }
      : { check, state: "ok", found },
  ];
}

export function checkDisk(root: string): Finding[] {
  const { bavail, bsize } = statfsSync(root);
  const free = bavail * bsize;
  const state = free < LEAST_BYTES ? "fail" : free < ENOUGH_BYTES ? "warn" : "ok";
  const advice = "Make room, or lower logRetentionDays and requestContent: a full disk loses log rows.";
  return [{ check: "free disk", state, found: `${(free / GIB).toFixed(1)} GiB`, advice }];
}

/** A running gateway holds lock.db. */
export function checkInstance(root: string): Finding[] {
  const path = join(root, "lock.db");
  const check = "gateway";
  if (!existsSync(path)) return [{ check, state: "ok", found: "has not run on this directory yet" }];
  let database: Database | null = null;
  try {
    database = new Database(path, { readonly: true });
    database.run("PRAGMA busy_timeout = 0");
    database.query("SELECT count(*) FROM sqlite_master").get();
    return [{ check, state: "ok", found: "does not run on this directory now" }];
  } catch (error) {
    if (isLocked(error)) return [{ check, state: "ok", found: "runs on this directory" }];
    return [{ check, state: "warn", found: `lock.db: ${describeFault(error)}` }];
  } finally {
    database?.close();
  }
}

/** What was written in the future says that the clock has gone back: day files, expiry and cooldowns go by it. */
export function checkClock(root: string): Finding[] {
  const nowMs = Date.now();
  const newest = Math.max(0, ...databasesIn(root).map((file) => statSync(join(root, file)).mtimeMs));
  const found = new Date(nowMs).toISOString();
  const isBehind = newest > nowMs + HOUR_MS / 60;
  const advice = `Files here were written at ${new Date(newest).toISOString()}: set the clock (NTP).`;
  return [{ check: "clock", state: isBehind ? "warn" : "ok", found, advice }];
}

export function checkProxies({ environmentProxies }: Config): Finding[] {
  const check = "proxies";
  if (environmentProxies.length === 0) return [{ check, state: "ok", found: "none in the environment" }];
  const advice =
    "Upstream calls through them pass the address policy by: unset them, and give keys a proxyUrl instead.";
  return [{ check, state: "warn", found: environmentProxies.join(", "), advice }];
}
