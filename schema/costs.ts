/**
 * What a field costs by itself, besides what it selects. Fields without an entry cost 1 when they have fields of their own,
 * else nothing. Reports and log searches are what the reader Worker spends its time on.
 */
export const FIELD_COSTS: Readonly<Record<string, number>> = {
  "Query.usage": 50,
  "Query.requestLogs": 20,
  "Query.auditLog": 10,
  "Query.files": 5,
  "Query.previewAlertRule": 50,
  "Query.alerts": 5,
  "AlertChannel.deliveries": 2,
  "AlertChannel.lastDelivery": 2,
  "Query.errorGroups": 50,
  "RequestLogConnection.histogram": 30,
  "Overview.today": 20,
  "Overview.yesterday": 20,
  "Overview.attention": 30,
  "UsageReport.previous": 30,
  "Provider.offer": 5,
  "UsageReport.heat": 30,
  "Provider.usage": 2,
  "Provider.sparkline": 2,
  "ProviderKey.usage": 2,
  "ProviderKey.sparkline": 2,
  "ProviderKey.history": 5,
  "Model.usage": 5,
  "Model.sparkline": 5,
  "ClientKey.usage": 2,
  "ClientKey.sparkline": 2,
  "Query.jobs": 5,
  "Job.items": 5,
  "Query.exportConfig": 20,
  "Query.configDiff": 20,
  "ConfigRevision.differences": 2,
  // They come with their row.
  "AuditEntry.subjects": 0,
  "AuditEntry.changes": 0,
  "Provider.quirks": 0,
  "ModelTarget.traits": 0,
  "ModelTarget.effectiveTraits": 0,
  // Each row is a read of its own.
  "RequestLog.attempts": 8,
  "TokenUsage.raw": 8,
  "RequestLog.content": 8,
  "RequestLog.snippet": 8,
  "RequestLog.exchange": 8,
  "ChatMessage.request": 8,
  "Conversation.totals": 5,
};

/** How many entries a list without `first` is taken to have. */
export const PLAIN_LIST_LENGTH = 5;
