-- Up to which event endpoints were told of sales: those that are made anew are told of no second time.
ALTER TABLE sales_follower ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
UPDATE sales_follower SET told = position;
