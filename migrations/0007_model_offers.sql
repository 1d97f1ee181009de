CREATE TABLE `provider_offer` (
	`provider_id` text PRIMARY KEY NOT NULL,
	`seen_at` integer NOT NULL,
	`models` text NOT NULL,
	FOREIGN KEY (`provider_id`) REFERENCES `provider`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
ALTER TABLE `model` ADD `display_name` text;