import initial from "./0000_initial.sql" with { type: "text" };
import translation from "./0001_translation.sql" with { type: "text" };
import configHistory from "./0002_config_history.sql" with { type: "text" };
import audit from "./0003_audit.sql" with { type: "text" };
import files from "./0004_files.sql" with { type: "text" };
import jobs from "./0005_jobs.sql" with { type: "text" };
import alerts from "./0006_alerts.sql" with { type: "text" };
import modelOffers from "./0007_model_offers.sql" with { type: "text" };
import chat from "./0008_chat.sql" with { type: "text" };
import chatFiles from "./0009_chat_files.sql" with { type: "text" };
import people from "./0010_people.sql" with { type: "text" };
import keyLimits from "./0011_key_limits.sql" with { type: "text" };
import undo from "./0012_undo.sql" with { type: "text" };
import signInProvider from "./0013_sign_in_provider.sql" with { type: "text" };
import deletedKeysIndex from "./0014_deleted_keys_index.sql" with { type: "text" };
import jobAuthor from "./0015_job_author.sql" with { type: "text" };
import fileCopies from "./0016_file_copies.sql" with { type: "text" };
import jobResults from "./0017_job_results.sql" with { type: "text" };
import clientKeyTags from "./0018_client_key_tags.sql" with { type: "text" };

export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** In order. Imported as text, so that they travel inside the compiled binary. Never change one that was released. */
export const MIGRATIONS: readonly Migration[] = [
  { name: "0000_initial", sql: initial },
  { name: "0001_translation", sql: translation },
  { name: "0002_config_history", sql: configHistory },
  { name: "0003_audit", sql: audit },
  { name: "0004_files", sql: files },
  { name: "0005_jobs", sql: jobs },
  { name: "0006_alerts", sql: alerts },
  { name: "0007_model_offers", sql: modelOffers },
  { name: "0008_chat", sql: chat },
  { name: "0009_chat_files", sql: chatFiles },
  { name: "0010_people", sql: people },
  { name: "0011_key_limits", sql: keyLimits },
  { name: "0012_undo", sql: undo },
  { name: "0013_sign_in_provider", sql: signInProvider },
  { name: "0014_deleted_keys_index", sql: deletedKeysIndex },
  { name: "0015_job_author", sql: jobAuthor },
  { name: "0016_file_copies", sql: fileCopies },
  { name: "0017_job_results", sql: jobResults },
  { name: "0018_client_key_tags", sql: clientKeyTags },
];
