-- name: lock_search_sessions
-- SQLite has one writer, so that nobody else is at these carts: this only counts them.
SELECT json_array_length(:places);

-- name: add_to_search_cart!
-- Adds up in the database; the last price and title that a client said hold.
INSERT INTO search_cart_line (shop, channel, session_id, line, index_name, item_id, quantity, price, title, added_at)
VALUES (:shop, :channel, :session_id, :line, :index_name, :item_id, :quantity, :price, :title, :now)
ON CONFLICT (shop, channel, session_id, line) DO UPDATE
SET quantity = search_cart_line.quantity + excluded.quantity, price = coalesce(excluded.price, search_cart_line.price),
    title = excluded.title;

-- name: take_from_search_cart!
UPDATE search_cart_line SET quantity = CASE WHEN quantity > :quantity THEN quantity - :quantity ELSE 0 END
WHERE shop = :shop AND channel = :channel AND session_id = :session_id AND line = :line;

-- name: delete_empty_search_cart_line!
DELETE FROM search_cart_line
WHERE shop = :shop AND channel = :channel AND session_id = :session_id AND line = :line AND quantity = 0;

-- name: clear_search_cart!
DELETE FROM search_cart_line WHERE shop = :shop AND channel = :channel AND session_id = :session_id;

-- name: empty_search_cart
-- Takes the lines out; they come back in no particular order.
DELETE FROM search_cart_line WHERE shop = :shop AND channel = :channel AND session_id = :session_id
RETURNING index_name, item_id, quantity, price, title, added_at;

-- name: idle_search_carts
-- Lines that were added before this, and whose sessions may be in use all the same.
SELECT shop, channel, session_id FROM search_cart_line WHERE added_at < :before ORDER BY added_at LIMIT :limit;

-- name: last_event_of_search_session
SELECT received_at FROM event
WHERE shop = :shop AND visitor = :session_id AND dialect = 'doofinder' AND channel = :channel AND outcome = 'accepted'
ORDER BY position DESC LIMIT 1;

-- name: touch_search_cart!
UPDATE search_cart_line SET added_at = :now WHERE shop = :shop AND channel = :channel AND session_id = :session_id;

-- name: count_search_checkout
INSERT INTO search_checkout (shop, channel, session_id, calls) VALUES (:shop, :channel, :session_id, 1)
ON CONFLICT (shop, channel, session_id) DO UPDATE SET calls = search_checkout.calls + 1
RETURNING calls;

-- name: first_event_of_search_session
SELECT happened_at FROM event
WHERE shop = :shop AND visitor = :session_id AND dialect = 'doofinder' AND channel = :channel AND outcome = 'accepted'
ORDER BY position LIMIT 1;

-- name: audit_search_cart_lines
SELECT shop, channel, session_id, line, quantity FROM search_cart_line
ORDER BY shop, channel, session_id, line;

-- name: audit_search_cart_events
-- What changes carts, in order, in chunks.
SELECT position, shop, channel, visitor, kind, document FROM event
WHERE position > :after AND dialect = 'doofinder' AND outcome = 'accepted' AND visitor IS NOT NULL
  AND kind IN ('cart_add', 'cart_remove', 'cart_clear', 'cart_expired', 'cart', 'checkout')
ORDER BY position LIMIT :limit;

-- name: audit_tallies
-- Each call is one row of the ledger and counts once; those that came too often are counted alone.
SELECT shop, dialect, outcome, reason, CAST(sum(kept) AS BIGINT), CAST(sum(counted) AS BIGINT) FROM (
    SELECT shop, dialect, outcome, reason, count(*) AS kept, 0 AS counted FROM event WHERE call IS NOT NULL
    GROUP BY shop, dialect, outcome, reason
    UNION ALL
    SELECT shop, dialect, outcome, reason, 0, sum(calls) FROM event_tally WHERE reason <> 'too_many' GROUP BY shop, dialect, outcome, reason
) AS both_sides
GROUP BY shop, dialect, outcome, reason HAVING sum(kept) <> sum(counted)
ORDER BY shop, dialect, outcome, reason LIMIT :limit;
