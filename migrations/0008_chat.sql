CREATE TABLE `message_attachment` (
	`message_id` text NOT NULL,
	`position` integer NOT NULL,
	`name` text,
	`media_type` text NOT NULL,
	`bytes` blob NOT NULL,
	PRIMARY KEY(`message_id`, `position`),
	FOREIGN KEY (`message_id`) REFERENCES `message`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `conversation` (
	`id` text PRIMARY KEY NOT NULL,
	`created_by` text,
	`title` text NOT NULL,
	`pinned` integer NOT NULL,
	`system_prompt` text,
	`params` text NOT NULL,
	`active_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `conversation_place` ON `conversation` (`created_by`,`pinned`,`active_at`,`id`);--> statement-breakpoint
CREATE TABLE `message` (
	`id` text PRIMARY KEY NOT NULL,
	`conversation_id` text NOT NULL,
	`parent_id` text,
	`role` text NOT NULL,
	`state` text NOT NULL,
	`text` text NOT NULL,
	`reasoning` text NOT NULL,
	`tool_calls` text NOT NULL,
	`tool_results` text NOT NULL,
	`layout` text NOT NULL,
	`model` text,
	`format` text,
	`client_key_id` text,
	`pinned_key_id` text,
	`request_id` text,
	`finish_reason` text,
	`error_class` text,
	`error_text` text,
	`error_status` integer,
	`input_tokens` integer,
	`cache_read_tokens` integer,
	`cache_write_tokens` integer,
	`output_tokens` integer,
	`reasoning_tokens` integer,
	`cost_nano_usd` integer,
	`created_at` integer NOT NULL,
	`ended_at` integer,
	FOREIGN KEY (`conversation_id`) REFERENCES `conversation`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `message_conversation` ON `message` (`conversation_id`,`id`);--> statement-breakpoint
CREATE INDEX `message_running` ON `message` (`state`) WHERE state IN ('queued', 'streaming');