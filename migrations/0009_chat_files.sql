ALTER TABLE `message_attachment` ADD `size` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `message_attachment` ADD `file_id` text;