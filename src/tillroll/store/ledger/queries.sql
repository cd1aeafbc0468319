-- name: insert_call!
INSERT INTO event (shop, dialect, kind, subject, visitor, happened_at, received_at, document, outcome, reason, call,
    channel, person, detail, device)
VALUES (:shop, :dialect, :kind, :subject, :visitor, :happened_at, :received_at, :document, :outcome, :reason, :call,
    :channel, :person, :detail, :device);

-- name: add_to_tally!
INSERT INTO event_tally (shop, dialect, day, outcome, reason, stripe, calls)
VALUES (:shop, :dialect, :day, :outcome, :reason, :stripe, :calls)
ON CONFLICT (shop, dialect, day, outcome, reason, stripe) DO UPDATE SET calls = event_tally.calls + excluded.calls;

-- name: tallies
SELECT dialect, day, outcome, reason, CAST(sum(calls) AS BIGINT) AS calls FROM event_tally
WHERE shop = :shop AND day >= :first AND day <= :last
GROUP BY dialect, day, outcome, reason ORDER BY day, dialect, outcome, reason;

-- name: insert_stray_call!
INSERT INTO stray_call (call, dialect, claimed, kind, reason, received_at, document)
VALUES (:call, :dialect, :claimed, :kind, :reason, :received_at, :document);

-- name: stray_calls
SELECT call, dialect, claimed, kind, reason, received_at, document FROM stray_call
WHERE dialect = :dialect AND claimed = :claimed ORDER BY received_at LIMIT :limit;

-- name: delete_old_stray_calls!
DELETE FROM stray_call WHERE call IN (
    SELECT call FROM stray_call WHERE received_at < :before ORDER BY received_at LIMIT :limit
);

-- name: events_page
SELECT position, dialect, kind, channel, subject, visitor, person, device, detail, outcome, reason, happened_at,
    received_at, call, document FROM event
WHERE shop = :shop AND position > :after AND position < :before AND (:dialect = '' OR dialect = :dialect) AND (:kind = '' OR kind = :kind)
  AND (:outcome = '' OR outcome = :outcome)
  AND received_at >= :since AND received_at <= :until
ORDER BY position LIMIT :limit;

-- name: events_page_down
SELECT position, dialect, kind, channel, subject, visitor, person, device, detail, outcome, reason, happened_at,
    received_at, call, document FROM event
WHERE shop = :shop AND position > :after AND position < :before AND (:dialect = '' OR dialect = :dialect) AND (:kind = '' OR kind = :kind)
  AND (:outcome = '' OR outcome = :outcome)
  AND received_at >= :since AND received_at <= :until
ORDER BY position DESC LIMIT :limit;

-- name: events_page_of_visitor
SELECT position, dialect, kind, channel, subject, visitor, person, device, detail, outcome, reason, happened_at,
    received_at, call, document FROM event
WHERE shop = :shop AND visitor = :visitor AND position > :after AND position < :before AND (:dialect = '' OR dialect = :dialect)
  AND (:kind = '' OR kind = :kind) AND (:outcome = '' OR outcome = :outcome)
  AND received_at >= :since AND received_at <= :until
ORDER BY position LIMIT :limit;

-- name: events_page_down_of_visitor
SELECT position, dialect, kind, channel, subject, visitor, person, device, detail, outcome, reason, happened_at,
    received_at, call, document FROM event
WHERE shop = :shop AND visitor = :visitor AND position > :after AND position < :before AND (:dialect = '' OR dialect = :dialect)
  AND (:kind = '' OR kind = :kind) AND (:outcome = '' OR outcome = :outcome)
  AND received_at >= :since AND received_at <= :until
ORDER BY position DESC LIMIT :limit;

-- name: events_page_of_subject
SELECT position, dialect, kind, channel, subject, visitor, person, device, detail, outcome, reason, happened_at,
    received_at, call, document FROM event
WHERE shop = :shop AND subject = :subject AND position > :after AND position < :before AND (:dialect = '' OR dialect = :dialect)
  AND (:kind = '' OR kind = :kind) AND (:outcome = '' OR outcome = :outcome)
  AND received_at >= :since AND received_at <= :until
ORDER BY position LIMIT :limit;

-- name: received_from
-- When the first events from a position on were received, of all shops.
SELECT received_at FROM event WHERE position >= :position ORDER BY position LIMIT :limit;

-- name: latest_events
-- How the newest events of all shops ended, by the dialect that they came in.
SELECT dialect, CAST(sum(CASE WHEN outcome = 'accepted' THEN 1 ELSE 0 END) AS BIGINT) AS accepted,
    CAST(sum(CASE WHEN outcome = 'repeated' THEN 1 ELSE 0 END) AS BIGINT) AS repeated,
    CAST(sum(CASE WHEN outcome = 'refused' THEN 1 ELSE 0 END) AS BIGINT) AS refused, max(received_at) AS received_at
FROM (SELECT dialect, outcome, received_at FROM event ORDER BY position DESC LIMIT :limit) AS newest
GROUP BY dialect ORDER BY dialect;

-- name: last_position
SELECT coalesce(max(position), 0) AS position FROM event;

-- name: events_of_request
-- What one request reported, and what became true by it, which has no call of its own and only the request's time.
SELECT position, dialect, kind, channel, subject, visitor, person, device, detail, outcome, reason, happened_at,
    received_at, call, document FROM event
WHERE shop = :shop AND position >= :first AND position < :behind AND received_at = :received_at
  AND (call = :call OR call IS NULL)
ORDER BY position LIMIT :limit;

-- name: first_accepted
-- The first of those about one thing that counted.
SELECT call FROM event
WHERE shop = :shop AND subject = :subject AND position < :before AND dialect = :dialect AND kind = :kind
  AND outcome = 'accepted' AND call IS NOT NULL
ORDER BY position LIMIT 1;

-- name: events_page_down_of_subject
SELECT position, dialect, kind, channel, subject, visitor, person, device, detail, outcome, reason, happened_at,
    received_at, call, document FROM event
WHERE shop = :shop AND subject = :subject AND position > :after AND position < :before AND (:dialect = '' OR dialect = :dialect)
  AND (:kind = '' OR kind = :kind) AND (:outcome = '' OR outcome = :outcome)
  AND received_at >= :since AND received_at <= :until
ORDER BY position DESC LIMIT :limit;

-- name: event_from
-- The first event at a position or behind it, and when it was received.
SELECT position, received_at FROM event WHERE shop = :shop AND position >= :position ORDER BY position LIMIT 1;

-- name: insert_event!
INSERT INTO event (shop, dialect, kind, subject, visitor, happened_at, received_at, document)
VALUES (:shop, :dialect, :kind, :subject, :visitor, :happened_at, :received_at, :document);

-- name: events_of_subject
SELECT position, dialect, kind, visitor, happened_at, received_at, document FROM event
WHERE shop = :shop AND subject = :subject ORDER BY position;

-- name: newest_position_of_shop
SELECT coalesce(max(position), 0) AS position FROM event WHERE shop = :shop;

-- name: shops_between
SELECT DISTINCT shop FROM event WHERE position > :after AND position <= :until;

-- name: event_writers
-- SQLite's writers come one after the other, and what is visible has no hole.
SELECT '' AS writer FROM event WHERE 1 = 0;

-- name: events_of_kinds
-- Only what sales depend on; `kinds` are written `dialect/kind`.
SELECT position, dialect, kind, channel, subject, visitor, person, device, detail, outcome, reason, happened_at,
    received_at, call, document FROM event
WHERE shop = :shop AND position > :after AND position <= :until
  AND dialect || '/' || kind IN (SELECT key FROM json_each(:kinds))
ORDER BY position LIMIT :limit;

-- name: events_of_visitors
-- The latest ones: nobody's path is longer.
SELECT position, dialect, kind, channel, subject, visitor, person, device, detail, outcome, reason, happened_at,
    received_at, call, document FROM json_each(:keys) AS wanted CROSS JOIN event
WHERE event.shop = :shop AND event.visitor = wanted.key AND event.position <= :until AND event.happened_at >= :since
  AND event.dialect || '/' || event.kind IN (SELECT key FROM json_each(:kinds))
ORDER BY event.position DESC LIMIT :limit;

-- name: events_of_kind
-- One kind of some time, in the index of kinds; `until` is a moment, `up_to` a position.
SELECT position, dialect, kind, channel, subject, visitor, person, device, detail, outcome, reason, happened_at,
    received_at, call, document FROM event
WHERE shop = :shop AND dialect = :dialect AND kind = :kind AND happened_at >= :since AND happened_at <= :until
  AND position <= :up_to AND outcome <> 'refused'
ORDER BY happened_at LIMIT :limit;

-- name: arrived_events
SELECT position, dialect, kind, channel, subject, visitor, person, device, detail, outcome, reason, happened_at,
    received_at, call, document FROM event
WHERE shop = :shop AND position > :after AND position <= :until ORDER BY position LIMIT :limit;
