-- name: lock_coupons
-- Row locks in one sorted order: the count that is read is the count that the redemption will meet. A set instead of a
-- join, as for stock.
SELECT code, redemptions_max, redemption_count, document FROM coupon
WHERE shop = :shop AND code = ANY (ARRAY (SELECT key FROM json_each(:keys))) AND deleted = 0
ORDER BY code FOR UPDATE;

-- name: coupon_customer_uses
-- Two sets instead of a join of three: the planner takes each json_each for a hundred rows, and their product for too
-- many to ask the index for.
SELECT code, customer, uses FROM coupon_customer_use
WHERE shop = :shop AND code = ANY (ARRAY (SELECT key FROM json_each(:keys)))
  AND customer = ANY (ARRAY (SELECT key FROM json_each(:customers)));
