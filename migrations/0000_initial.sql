CREATE TABLE `client_key` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`hash` text,
	`secret_preview` text NOT NULL,
	`builtin` text,
	`enabled` integer NOT NULL,
	`expires_at` integer,
	`allowed_models` text NOT NULL,
	`request_content` text,
	`memo` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `client_key_name` ON `client_key` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `client_key_hash` ON `client_key` (`hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `client_key_builtin` ON `client_key` (`builtin`);--> statement-breakpoint
CREATE TABLE `meta` (
	`key` text PRIMARY KEY NOT NULL,
	`value` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `model` (
	`id` text PRIMARY KEY NOT NULL,
	`description` text,
	`capabilities` text NOT NULL,
	`context_window` integer,
	`max_output_tokens` integer,
	`enabled` integer NOT NULL,
	`price` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `model_name` (
	`name` text PRIMARY KEY NOT NULL,
	`model_id` text NOT NULL,
	`position` integer NOT NULL,
	FOREIGN KEY (`model_id`) REFERENCES `model`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `model_name_model` ON `model_name` (`model_id`);--> statement-breakpoint
CREATE TABLE `model_target` (
	`model_id` text NOT NULL,
	`position` integer NOT NULL,
	`provider_id` text NOT NULL,
	`upstream_model` text NOT NULL,
	`priority` integer NOT NULL,
	`weight` integer NOT NULL,
	`enabled` integer NOT NULL,
	PRIMARY KEY(`model_id`, `position`),
	FOREIGN KEY (`model_id`) REFERENCES `model`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`provider_id`) REFERENCES `provider`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `model_target_provider` ON `model_target` (`provider_id`);--> statement-breakpoint
CREATE TABLE `provider` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`base_url` text NOT NULL,
	`api_version` text,
	`bot_id` text,
	`strategy` text NOT NULL,
	`enabled` integer NOT NULL,
	`memo` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `provider_name` ON `provider` (`name`);--> statement-breakpoint
CREATE TABLE `provider_key` (
	`id` text PRIMARY KEY NOT NULL,
	`provider_id` text NOT NULL,
	`name` text NOT NULL,
	`secret` blob NOT NULL,
	`secret_preview` text NOT NULL,
	`fingerprint` text NOT NULL,
	`enabled` integer NOT NULL,
	`weight` integer NOT NULL,
	`priority` integer NOT NULL,
	`tags` text NOT NULL,
	`memo` text,
	`user_agent` text,
	`proxy_url` blob,
	`proxy_preview` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL,
	FOREIGN KEY (`provider_id`) REFERENCES `provider`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `provider_key_name` ON `provider_key` (`provider_id`,`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `provider_key_fingerprint` ON `provider_key` (`provider_id`,`fingerprint`);--> statement-breakpoint
CREATE TABLE `setting` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
