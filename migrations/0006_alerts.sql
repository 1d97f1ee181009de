CREATE TABLE `alert_channel` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`enabled` integer NOT NULL,
	`kind` text NOT NULL,
	`config` blob NOT NULL,
	`preview` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alert_channel_name` ON `alert_channel` (`name`);--> statement-breakpoint
CREATE TABLE `alert_delivery` (
	`id` text PRIMARY KEY NOT NULL,
	`channel_id` text NOT NULL,
	`message` text NOT NULL,
	`state` text NOT NULL,
	`attempts` integer NOT NULL,
	`created_at` integer NOT NULL,
	`next_attempt_at` integer,
	`ended_at` integer,
	`http_status` integer,
	`answer` text,
	FOREIGN KEY (`channel_id`) REFERENCES `alert_channel`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `alert_delivery_channel` ON `alert_delivery` (`channel_id`,`id`);--> statement-breakpoint
CREATE INDEX `alert_delivery_due` ON `alert_delivery` (`next_attempt_at`);--> statement-breakpoint
CREATE TABLE `alert_rule` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`enabled` integer NOT NULL,
	`severity` text NOT NULL,
	`condition` text NOT NULL,
	`scope` text NOT NULL,
	`for_ms` integer NOT NULL,
	`cooldown_ms` integer NOT NULL,
	`muted_until` integer,
	`channel_ids` text NOT NULL,
	`memo` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alert_rule_name` ON `alert_rule` (`name`);--> statement-breakpoint
CREATE TABLE `alert` (
	`id` text PRIMARY KEY NOT NULL,
	`rule_id` text NOT NULL,
	`rule_name` text NOT NULL,
	`kind` text NOT NULL,
	`severity` text NOT NULL,
	`subject` text NOT NULL,
	`title` text NOT NULL,
	`detail` text,
	`opened_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`resolved_at` integer,
	`acknowledged_at` integer,
	`muted_until` integer,
	`changed_at` integer NOT NULL,
	`occurrences` integer NOT NULL,
	`told` text,
	`told_at` integer
);
--> statement-breakpoint
CREATE INDEX `alert_rule_id` ON `alert` (`rule_id`);--> statement-breakpoint
CREATE INDEX `alert_resolved_at` ON `alert` (`resolved_at`);