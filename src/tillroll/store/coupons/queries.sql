-- name: coupon
SELECT code, redemptions_max, redemption_count, deleted, version, document, created_at, modified_at FROM coupon
WHERE shop = :shop AND code = :code;

-- name: coupons_page
SELECT code, redemptions_max, redemption_count, deleted, version, document, created_at, modified_at FROM coupon
WHERE shop = :shop AND deleted <= :deleted ORDER BY created_at, code LIMIT :limit OFFSET :offset;

-- name: coupon_count
SELECT count(*) AS count FROM coupon WHERE shop = :shop AND deleted <= :deleted;

-- name: coupons
SELECT coupon.code, redemptions_max, redemption_count, document FROM json_each(:keys) AS wanted
CROSS JOIN coupon WHERE coupon.shop = :shop AND coupon.code = wanted.key AND coupon.deleted = 0;

-- name: lock_coupons
SELECT coupon.code, redemptions_max, redemption_count, document FROM json_each(:keys) AS wanted
CROSS JOIN coupon WHERE coupon.shop = :shop AND coupon.code = wanted.key AND coupon.deleted = 0;

-- name: insert_coupon!
INSERT INTO coupon (shop, code, redemptions_max, document, created_at, modified_at)
VALUES (:shop, :code, :redemptions_max, :document, :now, :now);

-- name: update_coupon!
UPDATE coupon SET redemptions_max = :redemptions_max, document = :document, deleted = :deleted,
    version = version + 1, modified_at = :now
WHERE shop = :shop AND code = :code;

-- name: redeem_coupon!
UPDATE coupon SET redemption_count = redemption_count + :uses, modified_at = :now
WHERE shop = :shop AND code = :code AND deleted = 0
  AND (redemptions_max < 0 OR redemption_count + :uses <= redemptions_max);

-- name: coupon_customer_uses
SELECT used.code, used.customer, used.uses
FROM json_each(:keys) AS wanted CROSS JOIN json_each(:customers) AS buyer CROSS JOIN coupon_customer_use AS used
WHERE used.shop = :shop AND used.code = wanted.key AND used.customer = buyer.key;

-- name: use_coupon_as_customer!
INSERT INTO coupon_customer_use (shop, code, customer, uses, uses_max) VALUES (:shop, :code, :customer, 1, :uses_max)
ON CONFLICT (shop, code, customer) DO UPDATE SET uses = coupon_customer_use.uses + 1, uses_max = excluded.uses_max
WHERE excluded.uses_max < 0 OR coupon_customer_use.uses < excluded.uses_max;

-- name: insert_coupon_redemption!
INSERT INTO coupon_redemption (shop, code, id, order_id, customer, legal_entity_id, document, redeemed_at)
VALUES (:shop, :code, :id, :order_id, :customer, :legal_entity_id, :document, :now);

-- name: coupon_redemptions_page
SELECT id, order_id, customer, document, redeemed_at FROM coupon_redemption
WHERE shop = :shop AND code = :code ORDER BY redeemed_at, id LIMIT :limit OFFSET :offset;

-- name: coupon_redemption
SELECT id, order_id, customer, document, redeemed_at FROM coupon_redemption
WHERE shop = :shop AND code = :code AND id = :id;

-- name: coupon_legal_entity_counts
SELECT redemption.code, legal_entity_id, count(*) AS redemptions FROM json_each(:keys) AS wanted
CROSS JOIN coupon_redemption AS redemption
WHERE redemption.shop = :shop AND redemption.code = wanted.key AND legal_entity_id IS NOT NULL
GROUP BY redemption.code, legal_entity_id ORDER BY redemption.code, legal_entity_id;

-- name: delete_coupon_redemption
-- Whose redemption it was: nobody's where there is none any more.
DELETE FROM coupon_redemption WHERE shop = :shop AND code = :code AND id = :id RETURNING customer;

-- name: return_coupon!
UPDATE coupon SET redemption_count = redemption_count - 1, modified_at = :now WHERE shop = :shop AND code = :code;

-- name: return_coupon_use!
UPDATE coupon_customer_use SET uses = uses - 1 WHERE shop = :shop AND code = :code AND customer = :customer;
