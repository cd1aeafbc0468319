-- name: insert_event!
INSERT INTO event (shop, dialect, kind, subject, visitor, happened_at, received_at, document)
VALUES (:shop, :dialect, :kind, :subject, :visitor, :happened_at, :received_at, :document);

-- name: events_of_subject
SELECT position, dialect, kind, visitor, happened_at, received_at, document FROM event
WHERE shop = :shop AND subject = :subject ORDER BY position;

-- name: answers
-- Each claim is a pair, because only caller and key together are found in the index.
SELECT known.caller, known.key, fingerprint, status, headers, body FROM json_each(:claims) AS wanted
CROSS JOIN idempotency_key AS known
WHERE known.shop = :shop AND known.caller = json_extract(wanted.value, '$[0]')
  AND known.key = json_extract(wanted.value, '$[1]');

-- name: insert_answer!
INSERT INTO idempotency_key (shop, caller, key, fingerprint, status, headers, body, created_at)
VALUES (:shop, :caller, :key, :fingerprint, :status, :headers, :body, :now);

-- name: delete_old_answers!
DELETE FROM idempotency_key WHERE (shop, caller, key) IN (
    SELECT shop, caller, key FROM idempotency_key WHERE created_at < :before ORDER BY created_at LIMIT :limit
);
