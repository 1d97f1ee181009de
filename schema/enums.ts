import {
  ALERT_CHANNEL_KINDS,
  ALERT_KINDS,
  ALERT_STATES,
  BUDGET_PERIODS,
  LATENCY_METRICS,
  PERCENTILES,
  SEVERITIES,
} from "../src/alert-rule.ts";
import { ALERT_EVENT_KINDS } from "../src/control/alerts/alert-events.ts";
import { AUDIT_OUTCOMES } from "../src/control/audit/audit.ts";
import { CHAT_ROLES, CHAT_STATES } from "../src/control/chat/conversations.ts";
import { CLIENT_KEY_ORDERS } from "../src/control/clients/client-keys.ts";
import { CONFIG_CHANGE_KINDS, CONFIG_NOUNS } from "../src/control/config/config-differences.ts";
import { RESYNC_REASONS } from "../src/control/event-log.ts";
import { JOB_KIND_NAMES, JOB_OUTCOMES, JOB_STATES } from "../src/control/jobs/job-list.ts";
import { DUPLICATE_POLICIES, IMPORT_ACTIONS, REFUSED_KEY_POLICIES } from "../src/control/keys/import/plan.ts";
import { IMPORT_FORMATS } from "../src/control/keys/import/read.ts";
import { KEY_EVENT_KINDS } from "../src/control/keys/key-events.ts";
import { PROVIDER_KEY_STATUSES } from "../src/control/keys/key-status.ts";
import { PROVIDER_KEY_ORDERS } from "../src/control/keys/provider-key-order.ts";
import { CHANGE_KINDS } from "../src/control/models/model-events.ts";
import { HEALTH_STATES } from "../src/control/models/model-health.ts";
import { MODEL_ORDERS } from "../src/control/models/models.ts";
import { ROUTE_SKIPS, ROUTE_VERDICTS } from "../src/control/models/route-candidates.ts";
import { SCOPES } from "../src/control/people/principal.ts";
import { ROLES } from "../src/control/people/roles.ts";
import { STORED_KEYS } from "../src/control/providers/providers.ts";
import { EXCHANGE_ROLES } from "../src/control/requests/request-exchange.ts";
import { SNIPPET_LANGUAGES } from "../src/control/requests/request-snippet.ts";
import { REQUEST_STATUSES } from "../src/control/requests/request-view.ts";
import { SETTING_GROUPS, SETTING_UNITS } from "../src/control/settings/setting-catalogue.ts";
import { SETTING_SOURCES } from "../src/control/settings/settings.ts";
import { ATTENTION_KINDS } from "../src/control/usage/attention.ts";
import { USAGE_INTERVALS } from "../src/control/usage/usage.ts";
import { USER_ERROR_CODES } from "../src/control/user-errors.ts";
import { KEY_HEALTH_STATES } from "../src/events.ts";
import { MODEL_CAPABILITIES } from "../src/llm/model-capabilities.ts";
import { CONTENT_POLICIES, PROTOCOLS, PROVIDER_KINDS, QUIRKS, STRATEGIES, WIRES } from "../src/llm/names.ts";
import { EFFORTS } from "../src/llm/request.ts";
import { ASKABLE_ENDPOINTS } from "../src/llm/short-request.ts";
import { THINKING_STYLES } from "../src/llm/traits.ts";
import { ERROR_CLASSES, REQUEST_ORIGINS } from "../src/record.ts";
import { builder } from "./builder.ts";

/** "openai-compatible" and "createdAt" are OPENAI_COMPATIBLE and CREATED_AT outside. */
export function spell(value: string): string {
  return value
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[-.]/g, "_")
    .toUpperCase();
}

function listed<const Value extends string>(name: string, values: readonly Value[], description?: string) {
  const entries = values.map((value) => [spell(value), { value }] as const);
  const map = Object.fromEntries(entries) as Record<string, { value: Value }>;
  return builder.enumType(name, { values: map, ...(description === undefined ? {} : { description }) });
}

export const SortDirection = listed("SortDirection", ["asc", "desc"]);
export const ProviderKind = listed("ProviderKind", PROVIDER_KINDS);
export const WireFormat = listed("WireFormat", PROTOCOLS);
export const UpstreamFormat = listed(
  "UpstreamFormat",
  WIRES,
  "What an upstream is spoken to in: a format of clients, or Coze's, which none speaks.",
);
export const KeyStrategy = listed("KeyStrategy", STRATEGIES);
export const ContentPolicy = listed("ContentPolicy", CONTENT_POLICIES);
export const ErrorClass = listed("ErrorClass", ERROR_CLASSES);
export const Scope = listed("Scope", SCOPES);
export const Role = listed(
  "Role",
  ROLES,
  "OWNER: everything. ADMIN: all but people. OPERATOR: reads, and runs keys, models and clients. VIEWER: reads.",
);
export const ViewerKind = listed("ViewerKind", ["anonymous", "session", "token"]);
export const UserErrorCode = listed("UserErrorCode", USER_ERROR_CODES);
export const StoredKeys = listed("StoredKeys", STORED_KEYS);

export const Quirk = listed(
  "Quirk",
  QUIRKS,
  "A habit in which an upstream that speaks OpenAI's chat API differs from OpenAI; docs/vendors.md says what each is.",
);
export const QuirkSource = listed("QuirkSource", ["configured", "learned"]);

export const ProviderKeyStatus = listed(
  "ProviderKeyStatus",
  PROVIDER_KEY_STATUSES,
  "What a key is good for right now. DISABLED is a person's wish; the others are observed.",
);
export const KeyHealthState = listed("KeyHealthState", KEY_HEALTH_STATES);
export const ProviderKeyOrderField = listed(
  "ProviderKeyOrderField",
  PROVIDER_KEY_ORDERS,
  "Each page is sorted by what is true when it is made; a cursor is a place in the order, so that a key whose status, use or balance moves between two pages may be met again or be missed, and no other. The last day's figures are at most a minute old.",
);
export const ClientKeyOrderField = listed("ClientKeyOrderField", CLIENT_KEY_ORDERS);
export const KeyAction = builder.enumType("KeyAction", {
  values: {
    ENABLE: {},
    DISABLE: {},
    RESET: { description: "Ends the cooldown and forgets failures and parked models." },
  },
});
export const KeyBalanceSource = listed(
  "KeyBalanceSource",
  ["vendor", "manual"],
  "MANUAL: a person's figure, burned down by what requests cost.",
);
export const ImportFormat = listed("ImportFormat", IMPORT_FORMATS);
export const ImportAction = listed("ImportAction", IMPORT_ACTIONS);
export const DuplicatePolicy = listed(
  "DuplicatePolicy",
  DUPLICATE_POLICIES,
  "SKIP leaves a key that is there as it is, UPDATE writes the row's other fields to it, RESTORE brings back one that was deleted.",
);
export const RefusedKeyPolicy = listed(
  "RefusedKeyPolicy",
  REFUSED_KEY_POLICIES,
  "DISABLE writes a key that its vendor refuses, switched off; LEAVE_OUT does not write it.",
);
export const BuiltinClient = listed("BuiltinClient", ["default", "anonymous"]);

export const ModelCapability = listed("ModelCapability", MODEL_CAPABILITIES);
export const HealthState = listed(
  "HealthState",
  HEALTH_STATES,
  "DOWN: no key can serve it now. DEGRADED: one of its targets cannot. UNKNOWN: it has no enabled target.",
);
export const ThinkingStyle = listed(
  "ThinkingStyle",
  THINKING_STYLES,
  "How a model is asked to think: by an effort, a budget of tokens, a level, or as it likes.",
);
export const ReasoningEffort = listed("ReasoningEffort", EFFORTS);
export const ModelOrderField = listed("ModelOrderField", MODEL_ORDERS);
export const AskableEndpoint = listed("AskableEndpoint", ASKABLE_ENDPOINTS);
export const RouteVerdict = listed(
  "RouteVerdict",
  ROUTE_VERDICTS,
  "WOULD_SERVE: may be asked first, see `chance`. FALLBACK: asked when those before it fail.",
);
export const RouteSkip = listed("RouteSkip", ROUTE_SKIPS);
export const ForecastHow = listed(
  "RouteHow",
  ["native", "bridged", "translated", "operation", "estimated"],
  "NATIVE: the client's bytes go up. BRIDGED: same vendor, at another of its endpoints. OPERATION: the upstream's own endpoint of the same purpose. ESTIMATED: answered here.",
);
export const PriceSource = listed("PriceSource", ["builtin", "manual"]);

export const UsageInterval = listed(
  "UsageInterval",
  [...USAGE_INTERVALS, "auto"],
  "MINUTE: of at most 24 hours, from the requests that the log still holds. The others come from roll-ups, which outlive the log; AUTO is one of them.",
);
const NOUN_DIMENSIONS = {
  PROVIDER: { value: "provider" },
  PROVIDER_KEY: { value: "key" },
  MODEL: { value: "model" },
  CLIENT_KEY: { value: "client" },
} as const;
export const AlertGrouping = builder.enumType("AlertGrouping", { values: NOUN_DIMENSIONS });
export const UsageDimension = builder.enumType("UsageDimension", {
  values: {
    ...NOUN_DIMENSIONS,
    STATUS: { value: "status" },
    ERROR_CLASS: { value: "error" },
    FORMAT: { value: "format" },
    CLIENT_KEY_TAG: {
      value: "clientTag",
      description:
        "The tags of the client key that asked: who caused the use. A key with several tags counts in each, so that groups overlap; a key without any counts as null. Deleted keys count by the tags they had.",
    },
    PROVIDER_KEY_TAG: {
      value: "keyTag",
      description: "The tags of the provider key that served: whose contract was used. Otherwise like CLIENT_KEY_TAG.",
    },
  } as const,
});
export const SparklineRange = listed("SparklineRange", ["LAST_24_HOURS", "LAST_30_DAYS"]);

export const RequestStatus = listed(
  "RequestStatus",
  REQUEST_STATUSES,
  "PENDING and STREAMING are running; they are in activeRequests and requestFeed, not in requestLogs.",
);
export const RequestOrigin = listed(
  "RequestOrigin",
  REQUEST_ORIGINS,
  "Who made a request: a client over HTTP, or Sluice itself for a person at the console.",
);
export const EndedStatus = listed("EndedStatus", ["success", "error", "cancelled"]);
export const SnippetLanguage = listed("SnippetLanguage", SNIPPET_LANGUAGES);
export const UsageSource = listed("UsageSource", ["reported", "estimated", "unknown"]);
export const AttemptOutcome = listed("AttemptOutcome", ["ok", "rejected", "unreachable", "abandoned"]);
export const TokenPart = listed("TokenPart", ["INPUT", "CACHE_READ", "CACHE_WRITE", "OUTPUT", "REASONING", "REQUEST"]);

export const AuditOutcome = listed("AuditOutcome", AUDIT_OUTCOMES);
export const ConfigNoun = listed("ConfigNoun", CONFIG_NOUNS);
export const ConfigChangeKind = listed("ConfigChangeKind", CONFIG_CHANGE_KINDS);
export const SettingGroup = listed("SettingGroup", SETTING_GROUPS);
export const SettingUnit = listed("SettingUnit", SETTING_UNITS);
export const SettingSource = listed("SettingSource", SETTING_SOURCES);
export const JobKind = listed("JobKind", JOB_KIND_NAMES);
export const JobState = listed(
  "JobState",
  JOB_STATES,
  "SUCCEEDED: it came to its end, whatever became of the single items. FAILED: it could not.",
);
export const JobItemOutcome = listed("JobItemOutcome", JOB_OUTCOMES);
export const ChatRole = listed("ChatRole", CHAT_ROLES);
export const ChatMessageState = listed(
  "ChatMessageState",
  CHAT_STATES,
  "QUEUED and STREAMING: the answer is coming. STOPPED by a person; ERROR keeps what had come.",
);
export const ExchangeRole = listed("ExchangeRole", EXCHANGE_ROLES);
export const MediaKind = listed("MediaKind", ["image", "audio", "file"]);
export const Verbosity = listed("Verbosity", ["low", "medium", "high"]);

export const Severity = listed("Severity", SEVERITIES);
export const AttentionKind = listed("AttentionKind", ATTENTION_KINDS);
export const ChangeKind = listed("ChangeKind", CHANGE_KINDS);
export const KeyEventKind = listed("KeyEventKind", KEY_EVENT_KINDS);
export const ResyncReason = listed(
  "ResyncReason",
  RESYNC_REASONS,
  "STARTED: the subscription has just begun. TOO_OLD, RESTARTED: `after` cannot be found. OVERFLOW: the reader was too slow.",
);

export const AlertKind = listed("AlertKind", ALERT_KINDS);
export const AlertState = listed(
  "AlertState",
  ALERT_STATES,
  "ACKNOWLEDGED: somebody looks after it. MUTED: nothing is said about it for a while. RESOLVED: it is over.",
);
export const AlertEventKind = listed("AlertEventKind", ALERT_EVENT_KINDS);
export const AlertChannelKind = listed("AlertChannelKind", ALERT_CHANNEL_KINDS);
export const LatencyMetric = listed("LatencyMetric", LATENCY_METRICS);
export const Percentile = listed("Percentile", PERCENTILES);
export const BudgetPeriod = listed("BudgetPeriod", BUDGET_PERIODS);
