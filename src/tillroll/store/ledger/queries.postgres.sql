-- name: insert_call!
-- All rows of a group in one statement, as for orders.
INSERT INTO event (shop, dialect, kind, subject, visitor, happened_at, received_at, document, outcome, reason, call,
    channel, person, detail, device)
SELECT shop, dialect, kind, subject, visitor, happened_at, received_at, document, outcome, reason, call, channel, person,
    detail, device
FROM json_to_recordset(:rows) AS row (shop text, dialect text, kind text, subject text, visitor text,
    happened_at bigint, received_at bigint, document text, outcome text, reason text, call text, channel text,
    person text, detail text, device text);

-- name: add_to_tally!
-- All rows of a group in one statement, in their sorted order.
INSERT INTO event_tally (shop, dialect, day, outcome, reason, stripe, calls)
SELECT shop, dialect, day, outcome, reason, stripe, calls
FROM json_to_recordset(:rows) AS row (shop text, dialect text, day bigint, outcome text, reason text, stripe bigint,
    calls bigint)
ON CONFLICT (shop, dialect, day, outcome, reason, stripe) DO UPDATE SET calls = event_tally.calls + excluded.calls;

-- name: insert_event!
-- All rows of a group in one statement, as for orders.
INSERT INTO event (shop, dialect, kind, subject, visitor, happened_at, received_at, document)
SELECT shop, dialect, kind, subject, visitor, happened_at, received_at, document
FROM json_to_recordset(:rows) AS row (shop text, dialect text, kind text, subject text, visitor text,
    happened_at bigint, received_at bigint, document text);

-- name: event_writers
-- Who writes events holds this lock on the table from before the first position until the end. Locks are those of this
-- database: numbers of transactions would be those of all databases of the server.
SELECT DISTINCT virtualtransaction AS writer FROM pg_locks
WHERE locktype = 'relation' AND relation = CAST('event' AS regclass) AND mode = 'RowExclusiveLock' AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY virtualtransaction;

-- name: events_of_visitors
-- Visitor by visitor: of one list of all of them the planner believes that a walk back through the shop's events is
-- shorter.
SELECT met.* FROM json_each(:keys) AS wanted CROSS JOIN LATERAL (
    SELECT position, dialect, kind, channel, subject, visitor, person, device, detail, outcome, reason, happened_at,
        received_at, call, document FROM event
    WHERE event.shop = :shop AND event.visitor = wanted.key AND event.position <= :until AND event.happened_at >= :since
      AND event.dialect || '/' || event.kind IN (SELECT key FROM json_each(:kinds))
    ORDER BY event.position DESC LIMIT :limit
) AS met ORDER BY met.position DESC LIMIT :limit;
