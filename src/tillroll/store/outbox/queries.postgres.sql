-- name: insert_webhook_delivery!
-- All rows of a group in one statement, as for orders.
INSERT INTO webhook_delivery (shop, webhook_id, type, subject, document, created_at)
SELECT shop, webhook_id, type, subject, document, now
FROM json_to_recordset(:rows) AS row (shop text, webhook_id text, type text, subject text, document text, now bigint);

-- name: open_webhook_lane!
-- All rows of a group in one statement, in their sorted order.
INSERT INTO webhook_lane (shop, webhook_id, subject, due_at, turn)
SELECT shop, webhook_id, subject, now, now
FROM json_to_recordset(:rows) AS row (shop text, webhook_id text, subject text, now bigint)
ON CONFLICT (shop, webhook_id, subject) DO UPDATE SET due_at = webhook_lane.due_at;

-- name: lock_webhook_lane
-- A row lock: whoever writes a further message waits until it is known whether the lane goes on.
SELECT turn FROM webhook_lane WHERE shop = :shop AND webhook_id = :webhook_id AND subject = :subject FOR UPDATE;

-- name: claim_webhook_lanes
-- Two processes take different ones, and neither waits for the other, nor for whoever writes a message.
UPDATE webhook_lane SET due_at = :until, turn = turn + 1
WHERE (shop, webhook_id, subject) IN (
    SELECT webhook_lane.shop, webhook_lane.webhook_id, webhook_lane.subject FROM webhook_lane
    WHERE webhook_lane.due_at <= :now AND webhook_lane.webhook_id NOT IN (SELECT key FROM json_each(:busy))
      AND EXISTS (SELECT 1 FROM webhook WHERE webhook.shop = webhook_lane.shop AND webhook.id = webhook_lane.webhook_id
        AND webhook.state = 'ENABLED' AND webhook.rest_until <= :now)
    ORDER BY webhook_lane.due_at LIMIT :limit FOR UPDATE SKIP LOCKED
) RETURNING shop, webhook_id, subject, turn;
