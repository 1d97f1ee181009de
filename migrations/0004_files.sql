CREATE TABLE `file` (
	`id` text PRIMARY KEY NOT NULL,
	`filename` text NOT NULL,
	`media_type` text NOT NULL,
	`bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	`purpose` text NOT NULL,
	`client_key_id` text,
	`user_id` text,
	`created_at` integer NOT NULL,
	`expires_at` integer
);
--> statement-breakpoint
CREATE INDEX `file_client_key` ON `file` (`client_key_id`,`id`);--> statement-breakpoint
CREATE INDEX `file_expires` ON `file` (`expires_at`);