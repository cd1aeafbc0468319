-- What an item is sold or refunded for has a currency of its own: that of the purchase may be corrected, and need not be
-- that of the buyer. A step without an amount carries the currency of the purchase, which nothing reads.
ALTER TABLE inventory_change ADD COLUMN currency TEXT NOT NULL DEFAULT 'usd' CHECK (currency <> '');
ALTER TABLE inventory_item ADD COLUMN state_currency TEXT NOT NULL DEFAULT 'usd' CHECK (state_currency <> '');

-- So far an amount was in the currency that the purchase was known by when the step was made.
UPDATE inventory_change SET currency = (
    SELECT said.document::json ->> 'currency' FROM inventory_version AS said
    WHERE said.item_id = inventory_change.item_id AND (said.version = 1 OR said.received_at <= inventory_change.made_at)
    ORDER BY said.version DESC LIMIT 1
);
UPDATE inventory_item SET state_currency = coalesce((
    SELECT step.currency FROM inventory_change AS step
    WHERE step.item_id = inventory_item.id AND step.position = inventory_item.changes
), currency);
