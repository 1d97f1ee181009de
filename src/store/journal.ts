import type { Database } from "bun:sqlite";
import { getTableConfig, type SQLiteColumn, type SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Cells, ConfigNoun, RowChange } from "./config-changes.ts";
import { alertChannel } from "./tables/alert-channel.ts";
import { alertRule } from "./tables/alert-rule.ts";
import { clientKey } from "./tables/client-key.ts";
import { model, modelName, modelTarget } from "./tables/model.ts";
import { provider } from "./tables/provider.ts";
import { providerKey } from "./tables/provider-key.ts";
import { setting } from "./tables/setting.ts";

interface Source {
  readonly table: SQLiteTable;
  readonly noun: ConfigNoun;
  /** The id of the object that a row belongs to. */
  readonly object: SQLiteColumn;
  /** SQL over a row ("%"): which rows are configuration. */
  readonly where?: string;
}

/**
 * The tables whose rows are configuration: every write to them, by whichever store method, is kept in the history. A row with a
 * `version` is changed only by what raises it: what is observed comes and goes without.
 */
const SOURCES: readonly Source[] = [
  { table: provider, noun: "provider", object: provider.id },
  { table: providerKey, noun: "providerKey", object: providerKey.id },
  { table: model, noun: "model", object: model.id },
  { table: modelName, noun: "model", object: modelName.modelId },
  { table: modelTarget, noun: "model", object: modelTarget.modelId },
  { table: clientKey, noun: "clientKey", object: clientKey.id },
  { table: alertRule, noun: "alertRule", object: alertRule.id },
  { table: alertChannel, noun: "alertChannel", object: alertChannel.id },
  { table: setting, noun: "setting", object: setting.key, where: "substr(%.key, 1, 1) <> '$'" },
];

export interface JournaledTable {
  readonly name: string;
  readonly noun: ConfigNoun;
  readonly objectColumn: string;
  readonly keyColumns: readonly string[];
  readonly columns: readonly string[];
  readonly binaryColumns: ReadonlySet<string>;
  readonly isVersioned: boolean;
  readonly where: string | undefined;
}

export interface JournaledChange extends RowChange {
  readonly noun: ConfigNoun;
  readonly objectId: string;
  /** The whole row, as it is now or last was. */
  readonly cells: Cells;
}

/**
 * Notes what a transaction does to the configuration's rows, cascades included, with temporary triggers: they are made from the
 * tables as they are now, belong to this connection alone and leave nothing in the file.
 */
export class Journal {
  readonly tables: ReadonlyMap<string, JournaledTable>;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.tables = new Map(SOURCES.map((source) => describe(source)).map((table) => [table.name, table]));
    database.run("PRAGMA temp_store = MEMORY");
    database.run("CREATE TEMP TABLE journal (source TEXT NOT NULL, before TEXT, after TEXT)");
    for (const table of this.tables.values()) for (const sql of triggersOf(table)) database.run(sql);
  }

  /** What has changed since the last call, one entry a row: what comes to nothing is left out. */
  drain(): JournaledChange[] {
    const statement = this.#database.prepare<{ source: string; before: string | null; after: string | null }, []>(
      "SELECT source, before, after FROM temp.journal ORDER BY rowid",
    );
    try {
      const notes = statement.all();
      if (notes.length === 0) return [];
      this.#database.run("DELETE FROM temp.journal");
      return this.#net(notes);
    } finally {
      statement.finalize();
    }
  }

  #net(notes: readonly { source: string; before: string | null; after: string | null }[]): JournaledChange[] {
    const rows = new Map<string, { table: JournaledTable; before: Cells | null; after: Cells | null }>();
    for (const note of notes) {
      const table = this.tables.get(note.source)!;
      const before = note.before === null ? null : (JSON.parse(note.before) as Cells);
      const after = note.after === null ? null : (JSON.parse(note.after) as Cells);
      const key = `${table.name} ${JSON.stringify(keyOf(table, (after ?? before)!))}`;
      const known = rows.get(key);
      if (known === undefined) rows.set(key, { table, before, after });
      else known.after = after;
    }
    return [...rows.values()].flatMap(({ table, before, after }) => {
      const cells = after ?? before;
      const sides = difference(before, after);
      if (cells === null || sides === null) return [];
      const objectId = String(cells[table.objectColumn]);
      return [{ table: table.name, key: keyOf(table, cells), noun: table.noun, objectId, cells, ...sides }];
    });
  }
}

/** Null when nothing differs. */
function difference(before: Cells | null, after: Cells | null): Pick<RowChange, "before" | "after"> | null {
  if (before === null || after === null) return before === after ? null : { before, after };
  const changed = Object.keys(after).filter((column) => before[column] !== after[column]);
  if (changed.length === 0) return null;
  const only = (cells: Cells) => Object.fromEntries(changed.map((column) => [column, cells[column] ?? null]));
  return { before: only(before), after: only(after) };
}

function keyOf(table: JournaledTable, cells: Cells): (string | number)[] {
  return table.keyColumns.map((column) => cells[column] as string | number);
}

function describe({ table, noun, object, where }: Source): JournaledTable {
  const { name, columns, primaryKeys } = getTableConfig(table);
  const keys = columns.filter((column) => column.primary);
  return {
    name,
    noun,
    objectColumn: object.name,
    keyColumns: (keys.length > 0 ? keys : (primaryKeys[0]?.columns ?? [])).map((column) => column.name),
    columns: columns.map((column) => column.name),
    binaryColumns: new Set(columns.filter((column) => column.getSQLType() === "blob").map((column) => column.name)),
    isVersioned: columns.some((column) => column.name === "version"),
    where,
  };
}

function triggersOf(table: JournaledTable): string[] {
  const { name, columns, binaryColumns, isVersioned, where } = table;
  const cells = (row: "OLD" | "NEW") =>
    `json_object(${columns
      .map((column) => {
        const cell = `${row}."${column}"`;
        return `'${column}', ${binaryColumns.has(column) ? `iif(${cell} IS NULL, NULL, hex(${cell}))` : cell}`;
      })
      .join(", ")})`;
  const trigger = (event: string, row: "OLD" | "NEW", values: string, extra?: string) => {
    const conditions = [where?.replaceAll("%", row), extra].filter((each) => each !== undefined);
    const when = conditions.length > 0 ? ` WHEN ${conditions.join(" AND ")}` : "";
    return `CREATE TEMP TRIGGER journal_${name}_${event} AFTER ${event} ON main."${name}"${when} BEGIN INSERT INTO journal VALUES ('${name}', ${values}); END`;
  };
  return [
    trigger("INSERT", "NEW", `NULL, ${cells("NEW")}`),
    trigger(
      "UPDATE",
      "NEW",
      `${cells("OLD")}, ${cells("NEW")}`,
      isVersioned ? "OLD.version <> NEW.version" : undefined,
    ),
    trigger("DELETE", "OLD", `${cells("OLD")}, NULL`),
  ];
}
