ALTER TABLE `conversation` ADD `deleted_at` integer;--> statement-breakpoint
ALTER TABLE `file` ADD `deleted_at` integer;