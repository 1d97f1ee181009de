import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Arena } from "./contestants/contestant.ts";
import { launchSluice, type SluiceCommand } from "./contestants/sluice.ts";

/** Milliseconds from the start of the process to the first 200 of /health. */
export interface StartUpTimes {
  readonly brandNewMs: readonly number[];
  readonly migratedMs: readonly number[];
}

const pollMs = 1;

/** Starts with an empty data directory, and with a copy of one that an earlier start has migrated, in turns. */
export async function measureStartUp(arena: Arena, command: SluiceCommand, starts: number): Promise<StartUpTimes> {
  const template = mkdtempSync(join(arena.directory, "data-"));
  await timeStart(arena, command, template);
  const brandNewMs: number[] = [];
  const migratedMs: number[] = [];
  for (let i = 0; i < starts; i++) {
    const brandNew = mkdtempSync(join(arena.directory, "data-"));
    brandNewMs.push(await timeStart(arena, command, brandNew));
    const migrated = mkdtempSync(join(arena.directory, "data-"));
    cpSync(template, migrated, { recursive: true });
    migratedMs.push(await timeStart(arena, command, migrated));
    for (const used of [brandNew, migrated]) rmSync(used, { recursive: true, force: true });
  }
  return { brandNewMs, migratedMs };
}

async function timeStart(arena: Arena, command: SluiceCommand, dataDirectory: string): Promise<number> {
  const { child, startedInMs } = await launchSluice(arena, command, { dataDirectory, pollMs });
  await child.stop(10_000);
  return startedInMs;
}
