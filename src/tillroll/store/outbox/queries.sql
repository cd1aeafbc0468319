-- name: insert_webhook!
INSERT INTO webhook (shop, id, url, types, description, state, reason, rest_until, asked_since, created_at, changed_at)
VALUES (:shop, :id, :url, :types, :description, 'ENABLED', '', 0, :now, :now, :now);

-- name: webhooks
SELECT id, url, types, description, state, reason, rest_until, asked_since, created_at, changed_at FROM webhook
WHERE shop = :shop AND state <> 'REMOVED' ORDER BY created_at, id;

-- name: webhook
SELECT id, url, types, description, state, reason, rest_until, asked_since, created_at, changed_at FROM webhook
WHERE shop = :shop AND id = :id AND state <> 'REMOVED';

-- name: webhooks_asking
SELECT id, types FROM webhook WHERE shop = :shop AND state = 'ENABLED' ORDER BY id;

-- name: update_webhook!
UPDATE webhook SET url = :url, types = :types, description = :description, state = :state, reason = :reason,
    rest_until = :rest_until, asked_since = :asked_since, changed_at = :changed_at
WHERE shop = :shop AND id = :id AND state <> 'REMOVED';

-- name: rest_webhook!
UPDATE webhook SET rest_until = :until WHERE shop = :shop AND id = :id AND rest_until < :until;

-- name: insert_webhook_secret!
INSERT INTO webhook_secret (shop, webhook_id, secret, created_at) VALUES (:shop, :webhook_id, :secret, :now);

-- name: end_webhook_secrets!
UPDATE webhook_secret SET ends_at = :ends_at WHERE shop = :shop AND webhook_id = :webhook_id AND ends_at IS NULL;

-- name: delete_ending_webhook_secrets!
DELETE FROM webhook_secret WHERE shop = :shop AND webhook_id = :webhook_id AND ends_at IS NOT NULL;

-- name: delete_webhook_secrets!
DELETE FROM webhook_secret WHERE shop = :shop AND webhook_id = :webhook_id;

-- name: webhook_secrets
-- The newest one first; those that have ended by then are left out.
SELECT secret FROM webhook_secret
WHERE shop = :shop AND webhook_id = :webhook_id AND (ends_at IS NULL OR ends_at > :now)
ORDER BY created_at DESC, secret;

-- name: insert_webhook_delivery!
INSERT INTO webhook_delivery (shop, webhook_id, type, subject, document, created_at)
VALUES (:shop, :webhook_id, :type, :subject, :document, :now);

-- name: open_webhook_lane!
-- A lane that is there stays as it is, but nobody closes it until the end of the transaction. Turns begin with the time,
-- so that none of a lane comes again when it is opened again.
INSERT INTO webhook_lane (shop, webhook_id, subject, due_at, turn) VALUES (:shop, :webhook_id, :subject, :now, :now)
ON CONFLICT (shop, webhook_id, subject) DO UPDATE SET due_at = webhook_lane.due_at;

-- name: webhook_lanes_due
-- Whether anything is to be sent, for who asks all the time.
SELECT count(*) AS count FROM (
    SELECT 1 AS one FROM webhook_lane JOIN webhook ON webhook.shop = webhook_lane.shop AND webhook.id = webhook_lane.webhook_id
    WHERE webhook_lane.due_at <= :now AND webhook.state = 'ENABLED' AND webhook.rest_until <= :now LIMIT 1
) AS due;

-- name: claim_webhook_lanes
-- Of all shops, but for endpoints that are busy enough.
UPDATE webhook_lane SET due_at = :until, turn = turn + 1
WHERE (shop, webhook_id, subject) IN (
    SELECT webhook_lane.shop, webhook_lane.webhook_id, webhook_lane.subject FROM webhook_lane
    JOIN webhook ON webhook.shop = webhook_lane.shop AND webhook.id = webhook_lane.webhook_id
    WHERE webhook_lane.due_at <= :now AND webhook.state = 'ENABLED' AND webhook.rest_until <= :now
      AND webhook.id NOT IN (SELECT key FROM json_each(:busy))
    ORDER BY webhook_lane.due_at LIMIT :limit
) RETURNING shop, webhook_id, subject, turn;

-- name: lock_webhook_lane
SELECT turn FROM webhook_lane WHERE shop = :shop AND webhook_id = :webhook_id AND subject = :subject;

-- name: move_webhook_lane!
UPDATE webhook_lane SET due_at = :due_at, turn = :turn
WHERE shop = :shop AND webhook_id = :webhook_id AND subject = :subject;

-- name: close_webhook_lane!
DELETE FROM webhook_lane WHERE shop = :shop AND webhook_id = :webhook_id AND subject = :subject;

-- name: close_webhook_lanes!
DELETE FROM webhook_lane WHERE shop = :shop AND webhook_id = :webhook_id;

-- name: next_webhook_delivery
SELECT position, document, tries FROM webhook_delivery
WHERE shop = :shop AND webhook_id = :webhook_id AND subject = :subject AND state = 'PENDING' ORDER BY position LIMIT 1;

-- name: settle_webhook_delivery!
UPDATE webhook_delivery SET state = :state, tries = :tries, status = :status, answer = :answer, tried_at = :tried_at,
    settled_at = :settled_at
WHERE shop = :shop AND position = :position AND state = 'PENDING';

-- name: drop_webhook_deliveries!
UPDATE webhook_delivery SET state = 'DROPPED', settled_at = :now
WHERE shop = :shop AND webhook_id = :webhook_id AND state = 'PENDING';

-- name: replay_webhook_delivery!
UPDATE webhook_delivery SET state = 'PENDING', tries = 0, replays = replays + 1, settled_at = NULL
WHERE shop = :shop AND position = :position AND state <> 'PENDING';

-- name: webhook_delivery
SELECT position, type, subject, state, tries, replays, status, answer, created_at, tried_at, settled_at
FROM webhook_delivery WHERE shop = :shop AND webhook_id = :webhook_id AND position = :position;

-- name: webhook_deliveries_page
-- The newest first.
SELECT position, type, subject, state, tries, replays, status, answer, created_at, tried_at, settled_at
FROM webhook_delivery WHERE shop = :shop AND webhook_id = :webhook_id AND position < :before
ORDER BY position DESC LIMIT :limit;

-- name: webhook_deliveries_page_in_state
SELECT position, type, subject, state, tries, replays, status, answer, created_at, tried_at, settled_at
FROM webhook_delivery WHERE shop = :shop AND webhook_id = :webhook_id AND state = :state AND position < :before
ORDER BY position DESC LIMIT :limit;

-- name: webhook_deliveries_settled
-- What may be sent once more: all that was settled in this state and written since then, in the order of the messages.
SELECT position, subject FROM webhook_delivery
WHERE shop = :shop AND webhook_id = :webhook_id AND state = :state AND position > :after AND created_at >= :since
ORDER BY position LIMIT :limit;

-- name: webhook_delivery_counts
SELECT webhook_id, state, count(*) AS count, min(created_at) AS oldest_at FROM webhook_delivery
WHERE shop = :shop GROUP BY webhook_id, state ORDER BY webhook_id, state;

-- name: delete_old_webhook_deliveries!
DELETE FROM webhook_delivery WHERE position IN (
    SELECT position FROM webhook_delivery WHERE settled_at < :before ORDER BY settled_at LIMIT :limit
);

-- name: shops_asking
-- Whose endpoints ask for a type, and since when the first of them does.
SELECT shop, min(asked_since) AS asked_since FROM webhook
WHERE state = 'ENABLED' AND replace(' ' || types || ' ', ' ' || :type || ' ', '') <> ' ' || types || ' '
GROUP BY shop ORDER BY shop;
