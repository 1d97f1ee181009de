import type { Scope } from "../src/control/people/principal.ts";

/** Who may use a field: everybody, whoever has signed in, whoever holds the scope, or all of the scopes. */
export type Access = Plain | Fresh;
type Plain = "anyone" | "signed-in" | Scope | readonly Scope[];

/**
 * As well as the scope, a proof within the last ten minutes of who is asking: what is shown or given away here cannot be taken
 * back, and a browser may stand open. A bearer token proves itself with every call.
 */
export interface Fresh {
  readonly scope: Exclude<Plain, "anyone">;
  readonly fresh: true;
}

/** The configuration as a whole holds all of these nouns. */
const CONFIG_READ: readonly Scope[] = ["KEYS_READ", "MODELS_READ", "CLIENTS_READ", "SETTINGS_READ"];
/** The history knows the alert rules and channels too. */
const HISTORY_READ: readonly Scope[] = [...CONFIG_READ, "ALERTS_READ"];
const CONFIG_WRITE: readonly Scope[] = ["KEYS_WRITE", "MODELS_WRITE", "CLIENTS_WRITE", "SETTINGS_WRITE"];

/**
 * The one table of who may do what. Every field of Query, Mutation and Subscription stands here; one that does not is refused
 * at run time and fails a test. Other fields and whole types may stand here too: they are then guarded wherever they appear,
 * so that what a scope protects cannot be reached by way of another noun.
 */
export const ACCESS: Readonly<Record<string, Access>> = {
  "Query.viewer": "anyone",
  "Query.apiLimits": "signed-in",
  // Their types are guarded below.
  "Query.node": "signed-in",
  "Query.nodes": "signed-in",
  "Query.overview": "USAGE_READ",
  "Query.usage": "USAGE_READ",
  "Query.providers": "KEYS_READ",
  "Query.provider": "KEYS_READ",
  "Query.providerPresets": "KEYS_READ",
  "Query.providerKeys": "KEYS_READ",
  "Query.providerKey": "KEYS_READ",
  "Query.models": "MODELS_READ",
  "Query.model": "MODELS_READ",
  "Query.explainRoute": "MODELS_READ",
  "Query.clientKeys": "CLIENTS_READ",
  "Query.clientKey": "CLIENTS_READ",
  "Query.conversations": "CHAT_USE",
  "Query.conversation": "CHAT_USE",
  "Query.requestLogs": "LOGS_READ",
  "Query.requestLog": "LOGS_READ",
  "Query.activeRequests": "LOGS_READ",
  "Query.auditLog": "AUDIT_READ",
  "Query.configVersion": "SETTINGS_READ",
  "Query.exportConfig": CONFIG_READ,
  "Query.configDiff": CONFIG_READ,
  "Query.configHistory": HISTORY_READ,
  "Query.configRevision": HISTORY_READ,
  "Query.settings": "SETTINGS_READ",
  "Query.setting": "SETTINGS_READ",

  // A job stands under the scope of its kind (control/jobs/kinds.ts).
  "Query.jobs": "signed-in",
  "Query.job": "signed-in",

  "Query.alerts": "ALERTS_READ",
  "Query.alert": "ALERTS_READ",
  "Query.alertChannels": "ALERTS_READ",
  "Query.alertChannel": "ALERTS_READ",
  "Query.previewAlertRule": "ALERTS_READ",
  "Query.alertRules": "ALERTS_READ",
  "Query.alertRule": "ALERTS_READ",
  "Query.users": "USERS_ADMIN",
  "Query.signInProvider": "USERS_ADMIN",
  // His own, or everybody's with USERS_ADMIN: control looks.
  "Query.adminTokens": "signed-in",
  "Query.sessions": "signed-in",
  "Query.savedViews": "signed-in",
  "Query.errorGroups": "LOGS_READ",

  "Query.files": "FILES_READ",
  "Query.file": "FILES_READ",

  "Mutation.signIn": "anyone",
  "Mutation.setUp": "anyone",
  "Mutation.acceptInvitation": "anyone",
  "Mutation.signOut": "signed-in",
  "Mutation.reauthenticate": "signed-in",
  "Mutation.revokeSessions": "signed-in",
  "Mutation.revokeOtherSessions": "signed-in",
  "Mutation.changePassword": "signed-in",
  "Mutation.enrolTotp": { scope: "signed-in", fresh: true },
  "Mutation.confirmTotp": "signed-in",
  "Mutation.disableTotp": { scope: "signed-in", fresh: true },
  "Mutation.createAdminToken": { scope: "signed-in", fresh: true },
  "Mutation.revokeAdminTokens": "signed-in",
  "Mutation.inviteUser": { scope: "USERS_ADMIN", fresh: true },
  "Mutation.updateUser": { scope: "USERS_ADMIN", fresh: true },
  "Mutation.resetUserSignIn": { scope: "USERS_ADMIN", fresh: true },
  "Mutation.deleteUsers": { scope: "USERS_ADMIN", fresh: true },
  // Whoever sets it says who everybody is.
  "Mutation.setSignInProvider": { scope: "USERS_ADMIN", fresh: true },
  "Mutation.removeSignInProvider": { scope: "USERS_ADMIN", fresh: true },
  "Mutation.testSignInProvider": "USERS_ADMIN",
  "Mutation.updatePreferences": "signed-in",
  "Mutation.saveView": "signed-in",
  "Mutation.deleteSavedViews": "signed-in",
  "Mutation.createProvider": "KEYS_WRITE",
  "Mutation.updateProvider": "KEYS_WRITE",
  "Mutation.deleteProviders": "KEYS_WRITE",
  "Mutation.restoreProviders": "KEYS_WRITE",
  "Mutation.forgetProviderQuirk": "KEYS_WRITE",
  "Mutation.createProviderKey": "KEYS_WRITE",
  "Mutation.updateProviderKey": "KEYS_WRITE",
  "Mutation.importProviderKeys": "KEYS_WRITE",
  "Mutation.actOnProviderKeys": "KEYS_WRITE",
  "Mutation.validateProviderKeys": "KEYS_WRITE",
  "Mutation.refreshKeyBalances": "KEYS_WRITE",
  "Mutation.tagProviderKeys": "KEYS_WRITE",
  "Mutation.reorderProviderKeys": "KEYS_WRITE",
  "Mutation.deleteProviderKeys": "KEYS_WRITE",
  "Mutation.restoreProviderKeys": "KEYS_WRITE",
  "Mutation.setKeyBalance": "KEYS_WRITE",
  "Mutation.revealProviderKeySecret": { scope: "KEYS_REVEAL", fresh: true },
  "Mutation.createModel": "MODELS_WRITE",
  "Mutation.updateModel": "MODELS_WRITE",
  "Mutation.deleteModels": "MODELS_WRITE",
  "Mutation.restoreModels": "MODELS_WRITE",
  "Mutation.testModel": "MODELS_WRITE",
  "Mutation.previewModelSync": "MODELS_WRITE",
  "Mutation.syncModels": "MODELS_WRITE",
  "Mutation.startModelSync": "MODELS_WRITE",
  "Mutation.createClientKey": "CLIENTS_WRITE",
  "Mutation.updateClientKey": "CLIENTS_WRITE",
  "Mutation.rotateClientKey": "CLIENTS_WRITE",
  "Mutation.deleteClientKeys": "CLIENTS_WRITE",
  "Mutation.restoreClientKeys": "CLIENTS_WRITE",
  "Mutation.applyConfig": CONFIG_WRITE,
  "Mutation.revertConfig": [...CONFIG_WRITE, "ALERTS_WRITE"],
  "Mutation.revealConfig": { scope: [...CONFIG_READ, "KEYS_REVEAL"], fresh: true },
  "Mutation.updateSettings": "SETTINGS_WRITE",
  "Mutation.cancelJob": "signed-in",
  "Mutation.undoJob": "signed-in",
  "Mutation.createAlertChannel": "ALERTS_WRITE",
  "Mutation.updateAlertChannel": "ALERTS_WRITE",
  "Mutation.deleteAlertChannels": "ALERTS_WRITE",
  "Mutation.testAlertChannel": "ALERTS_WRITE",
  "Mutation.createAlertRule": "ALERTS_WRITE",
  "Mutation.updateAlertRule": "ALERTS_WRITE",
  "Mutation.deleteAlertRules": "ALERTS_WRITE",
  "Mutation.acknowledgeAlert": "ALERTS_WRITE",
  "Mutation.sendChatMessage": "CHAT_USE",
  "Mutation.stopChatMessage": "CHAT_USE",
  "Mutation.updateConversation": "CHAT_USE",
  "Mutation.deleteConversations": "CHAT_USE",
  "Mutation.restoreConversations": "CHAT_USE",
  // It needs LOGS_CONTENT too.
  "Mutation.continueInChat": "CHAT_USE",
  "Mutation.createUpload": "FILES_WRITE",
  "Mutation.completeUpload": "FILES_WRITE",
  "Mutation.deleteFiles": "FILES_WRITE",
  "Mutation.restoreFiles": "FILES_WRITE",
  "Mutation.cancelRequest": "REQUESTS_CANCEL",
  "Mutation.replayRequest": "LOGS_CONTENT",
  "Mutation.exportRequestLogs": "LOGS_READ",
  "Mutation.purgeRequestLogs": { scope: ["LOGS_READ", "SETTINGS_WRITE"], fresh: true },
  "Mutation.exportUsage": "USAGE_READ",
  "Mutation.recomputeCosts": "MODELS_WRITE",

  "Subscription.keyEvents": "KEYS_READ",
  "Subscription.modelEvents": "MODELS_READ",
  "Subscription.liveUsage": "USAGE_READ",
  "Subscription.requestFeed": "LOGS_READ",
  "Subscription.jobProgress": "signed-in",
  "Subscription.alertEvents": "ALERTS_READ",
  "Subscription.chatStream": "CHAT_USE",
  "Subscription.chatHistory": "CHAT_USE",

  "RequestLog.content": "LOGS_CONTENT",
  "RequestLog.snippet": "LOGS_CONTENT",
  "RequestLog.exchange": "LOGS_CONTENT",

  Provider: "KEYS_READ",
  ProviderKey: "KEYS_READ",
  Model: "MODELS_READ",
  ClientKey: "CLIENTS_READ",
  File: "FILES_READ",
  RequestLog: "LOGS_READ",
  AuditEntry: "AUDIT_READ",
  Setting: "SETTINGS_READ",
  Alert: "ALERTS_READ",
  AlertRule: "ALERTS_READ",
  Conversation: "CHAT_USE",
  ChatMessage: "CHAT_USE",
  AlertChannel: "ALERTS_READ",
  UsageMetrics: "USAGE_READ",
  RecomputedCosts: "USAGE_READ",
  Sparkline: "USAGE_READ",
};
