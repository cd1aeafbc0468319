-- What a document is about, besides what it hangs under: the product of a price list's price and of a category's
-- assignment, the customer of a segment's membership. Many of them are asked for from both ends.
ALTER TABLE catalogue_entry ADD COLUMN subject TEXT;
CREATE INDEX catalogue_by_subject ON catalogue_entry (shop, kind, subject) WHERE subject IS NOT NULL;

-- For which company a customer redeemed a coupon: each has its own count.
ALTER TABLE coupon_redemption ADD COLUMN legal_entity_id TEXT;
CREATE INDEX coupon_redemption_by_legal_entity ON coupon_redemption (shop, code, legal_entity_id)
    WHERE legal_entity_id IS NOT NULL;
