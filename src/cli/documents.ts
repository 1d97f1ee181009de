/** What the commands ask. A test holds every one of them against the schema. */

export const PROVIDER_KEYS = `query SluiceKeys($first: Int!, $after: String, $filter: ProviderKeyFilter) {
  providerKeys(first: $first, after: $after, filter: $filter) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { id name status secretPreview priority weight tags usageCount lastUsedAt cooldownUntil statusReason { message } provider { name } }
  }
}`;

export const PROVIDER_ID = `query SluiceProvider($search: String!) {
  providers(first: 200, filter: { search: $search }) { nodes { id name } }
}`;

export const IMPORT_KEYS = `mutation SluiceImport($input: ImportProviderKeysInput!) {
  importProviderKeys(input: $input) {
    preview { format total created updated restored existing repeated refused rows { index action secretPreview message } }
    job { id }
    userErrors { code message field }
  }
}`;

export const VALIDATE_KEYS = `mutation SluiceValidate($input: ValidateProviderKeysInput!) {
  validateProviderKeys(input: $input) { job { id } userErrors { code message field } }
}`;
/** What of a job did not go well. */
export const FAILED_ITEMS = `query SluiceFailed($id: ID!, $after: String) {
  job(id: $id) {
    items(first: 200, after: $after, outcomes: [FAILED]) {
      pageInfo { hasNextPage endCursor }
      nodes { secretPreview message subject { ... on ProviderKey { name provider { name } } } }
    }
  }
}`;
export const JOB = `query SluiceJob($id: ID!) {
  job(id: $id) { id kind state total done succeeded failed skipped error }
}`;

export const JOB_PROGRESS = `subscription SluiceJobProgress($id: ID!, $after: String) {
  jobProgress(jobId: $id, after: $after) {
    __typename
    ... on JobProgress { cursor job { id state total done succeeded failed skipped error } }
    ... on ResyncEvent { cursor reason }
  }
}`;

export const USAGE = `query SluiceUsage($from: String!, $to: String!, $groupBy: [UsageDimension!], $top: Int!, $timeZone: String!) {
  usage(range: { from: $from, to: $to }, interval: AUTO, groupBy: $groupBy, top: $top, timeZone: $timeZone) {
    from
    to
    overlapping
    totals { requests errors inputTokens outputTokens totalTokens cost unpricedRequests p95LatencyMs }
    series { group { label } totals { requests errors inputTokens outputTokens totalTokens cost unpricedRequests p95LatencyMs } }
  }
}`;

const REQUEST = `{
  id receivedAt status httpStatus requestedModel servedModel endpoint stream latencyMs firstTokenMs cost attemptCount
  errorClass errorMessage usage { inputTokens outputTokens }
}`;

export const REQUEST_FEED = `subscription SluiceRequests($filter: RequestLogFilter, $after: String) {
  requestFeed(filter: $filter, after: $after, maxPerSecond: 100) {
    __typename
    ... on RequestFeedBatch { cursor dropped settled ${REQUEST} }
    ... on ResyncEvent { cursor reason }
  }
}`;

export const EXPORT_CONFIG = "query SluiceExport { exportConfig { version document } }";
export const REVEAL_CONFIG =
  "mutation SluiceReveal { revealConfig { export { version document } userErrors { code message field } } }";

const DIFFERENCES = "differences { kind noun name fields { field before after } }";

export const CONFIG_DIFF = `query SluiceDiff($document: JSON!, $prune: Boolean!) {
  configDiff(document: $document, prune: $prune) { version ${DIFFERENCES} userErrors { code message field } }
}`;

export const APPLY_CONFIG = `mutation SluiceApply($input: ApplyConfigInput!) {
  applyConfig(input: $input) {
    applied version ${DIFFERENCES} generatedClientKeys { name secret } userErrors { code message field }
  }
}`;
