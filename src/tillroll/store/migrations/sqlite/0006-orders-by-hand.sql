-- Orders that are deleted keep their row, so that order numbers stay without gaps; on whose behalf they were placed.
ALTER TABLE sales_order ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sales_order ADD COLUMN legal_entity_id TEXT;
CREATE INDEX sales_order_by_legal_entity ON sales_order (shop, legal_entity_id, number) WHERE legal_entity_id IS NOT NULL;

-- A shopper's own carts, also closed ones; and open carts by age, which is what their ids begin with.
CREATE INDEX cart_by_owner ON cart (owner, shop, id);
CREATE INDEX cart_open_by_id ON cart (id) WHERE status = 'OPEN';
