CREATE TABLE `provider_quirk` (
	`provider_id` text NOT NULL,
	`quirk` text NOT NULL,
	`learned_at` integer NOT NULL,
	`words` text NOT NULL,
	PRIMARY KEY(`provider_id`, `quirk`),
	FOREIGN KEY (`provider_id`) REFERENCES `provider`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
ALTER TABLE `client_key` ADD `strict_parameters` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `model_target` ADD `traits` text;--> statement-breakpoint
ALTER TABLE `provider` ADD `quirks` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `provider` ADD `ignored_quirks` text DEFAULT '[]' NOT NULL;