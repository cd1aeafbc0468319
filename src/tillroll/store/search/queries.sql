-- name: lock_search_sessions
-- SQLite has one writer, so that nobody else is at these carts: this only counts them.
SELECT json_array_length(:places) AS places;

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

-- name: search_counts
-- Reports of search sessions, from the ledger alone. `channels` is a list of hashids in one text, an edge on both sides of
-- each, or empty for all of them; `device` is one, or empty for all and unknown ones.
-- By quarters of an hour, because days begin at other quarters in other time zones.
SELECT happened_at / 900000000 AS quarter, count(*) AS events FROM event
WHERE shop = :shop AND dialect = 'doofinder' AND kind = :kind AND happened_at >= :first AND happened_at < :last
  AND outcome = 'accepted' AND (:channels = '' OR replace(:channels, :edge || channel || :edge, '') <> :channels)
  AND (:device = '' OR device = :device)
GROUP BY happened_at / 900000000 ORDER BY quarter;

-- name: search_queries
-- Each row also says how many groups and events there are before the limit. `names` is a list in one text, an edge on both
-- sides of each name, or empty for all.
SELECT detail AS name, count(*) AS events, count(*) OVER () AS all_groups, CAST(sum(count(*)) OVER () AS bigint) AS all_events
FROM event
WHERE shop = :shop AND dialect = 'doofinder' AND kind = 'click' AND happened_at >= :first AND happened_at < :last
  AND outcome = 'accepted' AND (:channels = '' OR replace(:channels, :edge || channel || :edge, '') <> :channels)
  AND (:device = '' OR device = :device)
  AND detail IS NOT NULL AND detail <> '' AND (:subject = '' OR subject = :subject)
  AND (:names = '' OR replace(:names, :edge || detail || :edge, '') <> :names)
GROUP BY detail ORDER BY events DESC, detail LIMIT :limit;

-- name: search_subjects
SELECT subject AS name, count(*) AS events, count(*) OVER () AS all_groups, CAST(sum(count(*)) OVER () AS bigint) AS all_events
FROM event
WHERE shop = :shop AND dialect = 'doofinder' AND kind = :kind AND happened_at >= :first AND happened_at < :last
  AND outcome = 'accepted' AND (:channels = '' OR replace(:channels, :edge || channel || :edge, '') <> :channels)
  AND (:device = '' OR device = :device)
  AND (:detail = '' OR detail = :detail)
GROUP BY subject ORDER BY events DESC, subject LIMIT :limit;

-- name: search_totals
SELECT count(*) AS events, count(DISTINCT visitor) AS sessions, count(DISTINCT person) AS users FROM event
WHERE shop = :shop AND dialect = 'doofinder' AND kind = :kind AND happened_at >= :first AND happened_at < :last
  AND outcome = 'accepted' AND (:channels = '' OR replace(:channels, :edge || channel || :edge, '') <> :channels)
  AND (:device = '' OR device = :device);

-- name: search_documents
SELECT visitor, subject, happened_at, document FROM event
WHERE shop = :shop AND dialect = 'doofinder' AND kind = :kind AND happened_at >= :first AND happened_at < :last
  AND outcome = 'accepted' AND (:channels = '' OR replace(:channels, :edge || channel || :edge, '') <> :channels)
  AND (:device = '' OR device = :device)
ORDER BY happened_at, position;
