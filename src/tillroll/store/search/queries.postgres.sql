-- name: lock_search_sessions
-- One lock per session, taken in one order: an add that meets a checkout waits for it, and two groups never deadlock. The
-- rows themselves can not be locked before there are any.
SELECT CAST(count(pg_advisory_xact_lock(place)) AS BIGINT) AS places FROM (
    SELECT DISTINCT hashtextextended(value #>> '{}', 7) AS place FROM json_array_elements(:places) ORDER BY place
) AS sorted;

-- name: add_to_search_cart!
-- All rows of a group in one statement, as for orders.
INSERT INTO search_cart_line (shop, channel, session_id, line, index_name, item_id, quantity, price, title, added_at)
SELECT shop, channel, session_id, line, index_name, item_id, quantity, price, title, now
FROM json_to_recordset(:rows) AS row (shop text, channel text, session_id text, line text, index_name text,
    item_id text, quantity bigint, price text, title text, now bigint)
ON CONFLICT (shop, channel, session_id, line) DO UPDATE
SET quantity = search_cart_line.quantity + excluded.quantity, price = coalesce(excluded.price, search_cart_line.price),
    title = excluded.title;
