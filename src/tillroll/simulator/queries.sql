-- name: object_of^
SELECT body, account FROM objects WHERE id = :id AND kind = :kind;

-- name: number_of^
SELECT number FROM objects WHERE account = :account AND kind = :kind AND id = :id;

-- name: put_object!
INSERT INTO objects (account, id, kind, parent, label, created, changed_ms, body)
VALUES (:account, :id, :kind, :parent, :label, :created, :changed_ms, :body)
ON CONFLICT (id) DO UPDATE SET body = excluded.body, changed_ms = excluded.changed_ms;

-- name: drop_object!
DELETE FROM objects WHERE account = :account AND id = :id;

-- name: newest
SELECT body FROM objects
WHERE account = :account AND kind = :kind AND number < :before AND number > :after
    AND (:parent = '' OR parent = :parent) AND created BETWEEN :since AND :until
    AND (:labels = '[]' OR EXISTS (SELECT 1 FROM json_each(:labels) WHERE objects.label GLOB value))
ORDER BY number DESC LIMIT :count;

-- name: next_newer
SELECT body FROM objects
WHERE account = :account AND kind = :kind AND number < :before AND number > :after
    AND (:parent = '' OR parent = :parent) AND created BETWEEN :since AND :until
    AND (:labels = '[]' OR EXISTS (SELECT 1 FROM json_each(:labels) WHERE objects.label GLOB value))
ORDER BY number LIMIT :count;

-- name: of_kind
SELECT body FROM objects
WHERE account = :account AND kind = :kind AND changed_ms <= :seen_ms ORDER BY number DESC;

-- name: of_parent
SELECT body FROM objects WHERE parent = :parent AND kind = :kind ORDER BY number;

-- name: answer_of^
SELECT digest, request_id, status, body, created FROM answers WHERE account = :account AND key = :key;

-- name: put_answer!
INSERT OR REPLACE INTO answers (account, key, digest, request_id, status, body, created)
VALUES (:account, :key, :digest, :request_id, :status, :body, :created);

-- name: add_entry!
INSERT INTO entries (body) VALUES (:body);

-- name: entries
SELECT seq, body FROM entries WHERE seq > :since ORDER BY seq;

-- name: add_request!
INSERT INTO requests (body) VALUES (:body);

-- name: requests
SELECT seq, body FROM requests WHERE seq > :since ORDER BY seq;

-- name: add_delivery!
INSERT INTO deliveries (endpoint, event, body, tries, due_ms) VALUES (:endpoint, :event, :body, :tries, :due_ms);

-- name: deliveries_due
SELECT number, endpoint, event, body, tries FROM deliveries WHERE due_ms <= :now_ms ORDER BY due_ms, number LIMIT 20;

-- name: next_delivery^
SELECT min(due_ms) FROM deliveries;

-- name: put_off!
UPDATE deliveries SET tries = tries + 1, due_ms = :due_ms WHERE number = :number;

-- name: drop_delivery!
DELETE FROM deliveries WHERE number = :number;

-- name: add_later!
INSERT INTO later (due, what, object) VALUES (:due, :what, :object);

-- name: later_due
SELECT number, what, object FROM later WHERE due <= :now ORDER BY due, number LIMIT 100;

-- name: drop_later!
DELETE FROM later WHERE number = :number;

-- name: next_later^
SELECT min(due) FROM later;

-- name: count_up$
INSERT INTO counters (name, count) VALUES (:name, 1) ON CONFLICT (name) DO UPDATE SET count = count + 1 RETURNING count;

-- name: forget_counters!
DELETE FROM counters WHERE name LIKE 'rule %';

-- name: kept^
SELECT value FROM kept WHERE name = :name;

-- name: keep!
INSERT OR REPLACE INTO kept (name, value) VALUES (:name, :value);

-- name: clear#
BEGIN;
DELETE FROM objects;
DELETE FROM answers;
DELETE FROM entries;
DELETE FROM requests;
DELETE FROM deliveries;
DELETE FROM later;
DELETE FROM counters;
COMMIT;
