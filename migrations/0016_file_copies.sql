CREATE TABLE `file_copy` (
	`file_id` text NOT NULL,
	`key_id` text NOT NULL,
	`reference` text NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`file_id`, `key_id`)
);
