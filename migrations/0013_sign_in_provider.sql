CREATE TABLE `sign_in_provider` (
	`id` text PRIMARY KEY NOT NULL,
	`issuer` text NOT NULL,
	`client_id` text NOT NULL,
	`client_secret` blob NOT NULL,
	`label` text NOT NULL,
	`email_domains` text NOT NULL,
	`role_claim` text,
	`role_rules` text NOT NULL,
	`default_role` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`version` integer NOT NULL
);
