DROP INDEX `provider_key_deleted`;--> statement-breakpoint
CREATE INDEX `provider_key_deleted` ON `provider_key` (`deleted_at`) WHERE deleted_at IS NOT NULL;