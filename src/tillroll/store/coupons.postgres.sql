-- name: lock_coupons
-- Row locks in one sorted order: the count that is read is the count that the redemption will meet.
SELECT coupon.code, redemptions_max, redemption_count, document FROM json_each(:keys) AS wanted
CROSS JOIN coupon WHERE coupon.shop = :shop AND coupon.code = wanted.key AND coupon.deleted = 0
ORDER BY coupon.code FOR UPDATE OF coupon;

-- name: coupon_customer_uses
-- Two sets instead of a join of three: the planner takes each json_each for a hundred rows, and their product for too
-- many to ask the index for.
SELECT code, customer, uses FROM coupon_customer_use
WHERE shop = :shop AND code = ANY (ARRAY (SELECT key FROM json_each(:keys)))
  AND customer = ANY (ARRAY (SELECT key FROM json_each(:customers)));
