import type { Call, Command } from "./cli.ts";
import { APPLY_CONFIG, CONFIG_DIFF, EXPORT_CONFIG, REVEAL_CONFIG } from "./documents.ts";
import { CommandFailed } from "./failure.ts";
import { connect, count, readGiven } from "./flags.ts";
import { orRefuse, type UserError } from "./gateway.ts";
import type { Colour, Output } from "./output.ts";

interface Difference {
  readonly kind: "ADD" | "CHANGE" | "REMOVE";
  readonly noun: string;
  readonly name: string;
  readonly fields: readonly { readonly field: string; readonly before: unknown; readonly after: unknown }[];
}
interface Export {
  readonly version: number;
  readonly document: unknown;
}
interface Compared {
  readonly version: number;
  readonly differences: readonly Difference[];
  readonly userErrors: readonly UserError[];
}
interface Applied extends Compared {
  readonly applied: boolean;
  readonly generatedClientKeys: readonly { readonly name: string; readonly secret: string }[];
}

export const configCommands: Readonly<Record<string, Command>> = {
  export: { texts: [], switches: ["with-secrets"], words: 0, run: exportConfig },
  diff: { texts: [], switches: ["prune"], words: 1, run: diff },
  apply: { texts: ["expect"], switches: ["prune", "dry-run"], words: 1, run: apply },
};

/** The document itself on standard output, so that it can be kept in a file; the version beside it. */
async function exportConfig(call: Call): Promise<void> {
  const { options, out } = call;
  const found = options["with-secrets"] === true ? await reveal(call) : await plain(call);
  if (out.isJson) return out.json(found);
  out.line(JSON.stringify(found.document, null, 2));
  process.stderr.write(`version ${found.version}\n`);
}

async function plain(call: Call): Promise<Export> {
  return (await connect(call).ask<{ exportConfig: Export }>(EXPORT_CONFIG)).exportConfig;
}

async function reveal(call: Call): Promise<Export> {
  type Revealed = { revealConfig: { export: Export; userErrors: UserError[] } };
  const { revealConfig } = await connect(call).ask<Revealed>(REVEAL_CONFIG);
  orRefuse(revealConfig.userErrors);
  return revealConfig.export;
}

async function diff(call: Call): Promise<void> {
  const variables = { document: await readDocument(call), prune: call.options.prune === true };
  const { configDiff } = await connect(call).ask<{ configDiff: Compared }>(CONFIG_DIFF, variables);
  orRefuse(configDiff.userErrors);
  if (call.out.isJson) return call.out.json(configDiff);
  show(call.out, configDiff.differences);
}

async function apply(call: Call): Promise<void> {
  const { options, out } = call;
  const expected = options.expect === undefined ? {} : { expectedVersion: count("expect", options.expect, 0) };
  const flags = { prune: options.prune === true, dryRun: options["dry-run"] === true, ...expected };
  const input = { document: await readDocument(call), ...flags };
  const { applyConfig } = await connect(call).ask<{ applyConfig: Applied }>(APPLY_CONFIG, { input });
  orRefuse(applyConfig.userErrors);
  if (out.isJson) return out.json(applyConfig);
  show(out, applyConfig.differences);
  for (const { name, secret } of applyConfig.generatedClientKeys)
    out.line(`Client key "${name}", shown once: ${secret}`);
  out.line(
    applyConfig.applied ? `applied: version ${applyConfig.version}` : `nothing written: version ${applyConfig.version}`,
  );
}

async function readDocument(call: Call): Promise<unknown> {
  const text = await readGiven(call);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new CommandFailed(`${call.positionals[0]} is not valid JSON`);
  }
}

const SIGNS: Record<Difference["kind"], readonly [string, Colour]> = {
  ADD: ["+", "green"],
  CHANGE: ["~", "yellow"],
  REMOVE: ["-", "red"],
};

function show(out: Output, differences: readonly Difference[]): void {
  if (differences.length === 0) out.line("no difference");
  for (const { kind, noun, name, fields } of differences) {
    const [sign, colour] = SIGNS[kind];
    out.line(out.mark(`${sign} ${noun.toLowerCase().replaceAll("_", " ")} ${name}`, colour));
    if (kind !== "CHANGE") continue;
    for (const { field, before, after } of fields) {
      out.line(`    ${field}: ${JSON.stringify(before)} → ${JSON.stringify(after)}`);
    }
  }
}
