CREATE TABLE `audit_entry` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`at` integer NOT NULL,
	`actor_id` text,
	`actor_label` text NOT NULL,
	`token_id` text,
	`session_id` text,
	`address` text NOT NULL,
	`action` text NOT NULL,
	`outcome` text NOT NULL,
	`code` text,
	`times` integer NOT NULL,
	`subjects` text NOT NULL,
	`changes` text NOT NULL,
	`input` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_entry_id` ON `audit_entry` (`id`);--> statement-breakpoint
CREATE INDEX `audit_entry_at` ON `audit_entry` (`at`);--> statement-breakpoint
CREATE INDEX `audit_entry_actor` ON `audit_entry` (`actor_id`);--> statement-breakpoint
CREATE INDEX `audit_entry_action` ON `audit_entry` (`action`);--> statement-breakpoint
CREATE TABLE `audit_subject` (
	`subject_id` text NOT NULL,
	`seq` integer NOT NULL,
	PRIMARY KEY(`subject_id`, `seq`),
	FOREIGN KEY (`seq`) REFERENCES `audit_entry`(`seq`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `audit_subject_seq` ON `audit_subject` (`seq`);