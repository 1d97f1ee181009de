CREATE TABLE `key_balance` (
	`key_id` text PRIMARY KEY NOT NULL,
	`remaining` integer,
	`total` integer,
	`currency` text NOT NULL,
	`source` text NOT NULL,
	`refreshed_at` integer NOT NULL,
	FOREIGN KEY (`key_id`) REFERENCES `provider_key`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
DROP INDEX `provider_key_name`;--> statement-breakpoint
DROP INDEX `provider_key_fingerprint`;--> statement-breakpoint
ALTER TABLE `provider_key` ADD `rpm` integer;--> statement-breakpoint
ALTER TABLE `provider_key` ADD `tpm` integer;--> statement-breakpoint
ALTER TABLE `provider_key` ADD `rpd` integer;--> statement-breakpoint
ALTER TABLE `provider_key` ADD `concurrency` integer;--> statement-breakpoint
ALTER TABLE `provider_key` ADD `deleted_at` integer;--> statement-breakpoint
CREATE INDEX `provider_key_deleted` ON `provider_key` (`deleted_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `provider_key_name` ON `provider_key` (`provider_id`,`name`) WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `provider_key_fingerprint` ON `provider_key` (`provider_id`,`fingerprint`) WHERE deleted_at IS NULL;