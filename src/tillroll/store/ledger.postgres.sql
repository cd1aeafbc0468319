-- name: answers
-- The same join; PostgreSQL has other functions for a JSON list than for an object.
SELECT known.caller, known.key, fingerprint, status, headers, body FROM json_array_elements(:claims) AS wanted
CROSS JOIN idempotency_key AS known
WHERE known.shop = :shop AND known.caller = wanted.value ->> 0 AND known.key = wanted.value ->> 1;
