import type { Database } from "bun:sqlite";
import { StoreError } from "./store-error.ts";

export type Pragmas = readonly (readonly [name: string, value: string | number])[];

/** Sets each in order and reads it back: SQLite ignores what it does not understand or cannot do. Throws StoreError. */
export function setPragmas(database: Database, pragmas: Pragmas, path: string): void {
  for (const [name, value] of pragmas) {
    ask(database, `${name} = ${value}`);
    const row = ask(database, name);
    const found = row === null ? undefined : Object.values(row)[0];
    if (String(found).toLowerCase() !== String(value).toLowerCase()) {
      throw new StoreError(`${path}: SQLite did not accept ${name} = ${value} (it is ${found})`);
    }
  }
}

/** Finalized at once: a statement that is left keeps the file open. */
function ask(database: Database, pragma: string): Record<string, unknown> | null {
  const statement = database.prepare<Record<string, unknown>, []>(`PRAGMA ${pragma}`);
  try {
    return statement.get();
  } finally {
    statement.finalize();
  }
}
