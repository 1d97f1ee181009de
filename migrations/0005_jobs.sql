CREATE TABLE `job` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`params` blob,
	`checkpoint` text,
	`total` integer,
	`succeeded` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`skipped` integer DEFAULT 0 NOT NULL,
	`error` text,
	`idempotency_key` text,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	`undoable_until` integer,
	`undone_at` integer,
	`file_name` text,
	`file_bytes` integer,
	`file_expires_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `job_idempotency` ON `job` (`kind`,`idempotency_key`);--> statement-breakpoint
CREATE INDEX `job_state` ON `job` (`state`);--> statement-breakpoint
CREATE INDEX `job_finished` ON `job` (`finished_at`);--> statement-breakpoint
CREATE TABLE `job_item` (
	`job_id` text NOT NULL,
	`position` integer NOT NULL,
	`outcome` text NOT NULL,
	`message` text,
	`subject_id` text,
	`secret_preview` text,
	`latency_ms` integer,
	PRIMARY KEY(`job_id`, `position`),
	FOREIGN KEY (`job_id`) REFERENCES `job`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `job_item_outcome` ON `job_item` (`job_id`,`outcome`,`position`);--> statement-breakpoint
ALTER TABLE `provider_key` ADD `import_job_id` text;