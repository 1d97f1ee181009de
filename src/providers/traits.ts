import type { ProviderKind } from "../llm/names.ts";
import type { ModelTraits } from "../llm/traits.ts";
import {
  CLAUDE_LIKE,
  CLAUDE_ROWS,
  COMPATIBLE,
  COZE,
  GEMINI_ROWS,
  GEMINI_UNKNOWN,
  GPT_ROWS,
  type ModelRow,
  O_ROWS,
  OPENAI_UNKNOWN,
  RESPONSES_ONLY,
} from "./model-table.ts";

/** What the model takes and gives, by its id at this kind of upstream. Unknown ids get what the kind does by default. */
export function traitsOf(kind: ProviderKind, modelId: string): ModelTraits {
  const id = modelId.toLowerCase();
  switch (kind) {
    case "anthropic":
      return (id.includes("claude") ? findRow(CLAUDE_ROWS, id, claudeVersion(id)) : null) ?? CLAUDE_LIKE;
    case "gemini":
      return (
        (id.includes("gemini")
          ? findRow(GEMINI_ROWS, id, versionIn(id, /gemini-(\d{1,2})(?:[.-](\d{1,2}))?(?!\d)/))
          : null) ?? GEMINI_UNKNOWN
      );
    case "openai":
    case "azure-openai":
      return openAiTraits(id);
    case "openai-compatible":
      return COMPATIBLE;
    case "coze":
      return COZE;
  }
}

/** What a person set for one model goes before what the table says of it. */
export function overrideTraits(traits: ModelTraits, override: Partial<ModelTraits>): ModelTraits {
  const given = Object.entries(override).filter(([, value]) => value !== undefined && value !== null);
  return given.length === 0 ? traits : { ...traits, ...Object.fromEntries(given) };
}

type Version = readonly [major: number, minor: number];

/** Ids without a version are names for the newest one ("gemini-flash-latest"). */
const NEWEST: Version = [Number.POSITIVE_INFINITY, 0];

function findRow(rows: readonly ModelRow[], id: string, [major, minor]: Version): ModelTraits | null {
  const row = rows.find(
    ({ family, since }) => family.test(id) && (major > since[0] || (major === since[0] && minor >= since[1])),
  );
  return row?.traits ?? null;
}

function versionIn(id: string, pattern: RegExp): Version {
  const match = pattern.exec(id);
  return match === null ? NEWEST : [Number(match[1]), Number(match[2] ?? 0)];
}

/** "claude-opus-4-7", "claude-opus-4.7", "claude-3-5-sonnet-20241022", "us.anthropic.claude-sonnet-4-20250514-v1:0", "claude-2.1". */
function claudeVersion(id: string): Version {
  return versionIn(id, /claude-(?:[a-z]+-)?v?(\d{1,2})(?:[.-](\d{1,2}))?(?!\d)/);
}

function openAiTraits(id: string): ModelTraits {
  // Fine-tuned models ("ft:gpt-4.1-mini:…") and Azure's deployments are named after what they are made of, as a rule.
  const oSeries = /(?:^|[/:])o(\d)(?![a-z\d])/.exec(id);
  if (oSeries !== null) return findRow(O_ROWS, id, [Number(oSeries[1]), 0]) ?? OPENAI_UNKNOWN;
  if (/codex-mini|computer-use/.test(id) && !id.includes("gpt-")) return RESPONSES_ONLY;
  const gpt = /gpt-(\d{1,2})(?:\.(\d{1,2}))?(?!\d)/.exec(id);
  return gpt === null ? OPENAI_UNKNOWN : (findRow(GPT_ROWS, id, gptVersion(gpt)) ?? OPENAI_UNKNOWN);
}

/** Azure's deployments cannot be named with a dot everywhere: "gpt-35-turbo" is 3.5. */
function gptVersion([, major = "", minor]: RegExpExecArray): Version {
  const isWithoutDot = minor === undefined && /^[3-6]\d$/.test(major);
  return isWithoutDot ? [Number(major[0]), Number(major[1])] : [Number(major), Number(minor ?? 0)];
}
