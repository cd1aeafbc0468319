-- name: answers
-- The same join; PostgreSQL has other functions for a JSON list than for an object.
SELECT known.caller, known.key, fingerprint, status, headers, body FROM json_array_elements(:claims) AS wanted
CROSS JOIN idempotency_key AS known
WHERE known.shop = :shop AND known.caller = wanted.value ->> 0 AND known.key = wanted.value ->> 1;

-- name: insert_event!
-- All rows of a group in one statement, as for orders.
INSERT INTO event (shop, dialect, kind, subject, visitor, happened_at, received_at, document)
SELECT shop, dialect, kind, subject, visitor, happened_at, received_at, document
FROM json_to_recordset(:rows) AS row (shop text, dialect text, kind text, subject text, visitor text,
    happened_at bigint, received_at bigint, document text);
