-- name: take_sales_follower
-- One server process at a time follows a shop; the others have something else to do.
SELECT position, policy FROM sales_follower WHERE shop = :shop FOR UPDATE SKIP LOCKED;
