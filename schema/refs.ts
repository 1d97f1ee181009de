import type { JobView } from "../src/control/jobs/job-view.ts";
import type { ProviderKeyView } from "../src/control/keys/key-status.ts";
import type { RequestView } from "../src/control/requests/request-view.ts";
import type { AlertChannelRow, AlertRow, AlertRuleRow } from "../src/store/alert-types.ts";
import type { ConversationRow, MessageRow } from "../src/store/chat-types.ts";
import type { AdminTokenRow, SavedViewRow, SessionRow, UserRow } from "../src/store/people.ts";
import type { ClientKeyRow, ModelRow, ProviderRow } from "../src/store/types.ts";
import type { StoredFile } from "../src/stored-file.ts";
import { builder } from "./builder.ts";

/** The nouns' types by name, apart from their fields: they point at one another. */
export const Provider = builder.objectRef<ProviderRow>("Provider");
export const ProviderKey = builder.objectRef<ProviderKeyView>("ProviderKey");
export const Conversation = builder.objectRef<ConversationRow>("Conversation");
export const ChatMessage = builder.objectRef<MessageRow>("ChatMessage");
export const Model = builder.objectRef<ModelRow>("Model");
export const ClientKey = builder.objectRef<ClientKeyRow>("ClientKey");
export const Job = builder.objectRef<JobView>("Job");
export const File = builder.objectRef<StoredFile>("File");
export const RequestLog = builder.objectRef<RequestView>("RequestLog");
export const Alert = builder.objectRef<AlertRow>("Alert");
export const AlertRule = builder.objectRef<AlertRuleRow>("AlertRule");
export const AlertChannel = builder.objectRef<AlertChannelRow>("AlertChannel");
export const User = builder.objectRef<UserRow>("User");
export const Session = builder.objectRef<SessionRow>("Session");
export const AdminToken = builder.objectRef<AdminTokenRow>("AdminToken");
export const SavedView = builder.objectRef<SavedViewRow>("SavedView");
