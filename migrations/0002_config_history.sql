CREATE TABLE `config_revision` (
	`version` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`actor_id` text,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`counts` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `config_revision_item` (
	`version` integer NOT NULL,
	`position` integer NOT NULL,
	`noun` text NOT NULL,
	`object_id` text NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`rows` text NOT NULL,
	PRIMARY KEY(`version`, `position`)
);
--> statement-breakpoint
ALTER TABLE `setting` ADD `memo` text;--> statement-breakpoint
ALTER TABLE `setting` ADD `updated_at` integer;--> statement-breakpoint
ALTER TABLE `setting` ADD `updated_by` text;