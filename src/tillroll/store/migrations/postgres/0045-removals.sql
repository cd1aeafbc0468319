-- What was removed leaves its place: nobody else ever has its id, and what names it still can be read.
ALTER TABLE shop ADD COLUMN removed_at BIGINT;
ALTER TABLE user_account ADD COLUMN removed_at BIGINT;
-- How many versions an application posted for users who are gone: the ledger goes on telling that they were accepted.
ALTER TABLE application ADD COLUMN versions_removed BIGINT NOT NULL DEFAULT 0;
