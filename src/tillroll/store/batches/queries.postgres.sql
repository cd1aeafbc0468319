-- name: reported_items
-- The keys as a set, so that the planner looks for each of them in the index.
SELECT id, call FROM native_event WHERE shop = :shop AND id = ANY (ARRAY (SELECT key FROM json_each(:keys)));

-- name: claim_item!
-- All rows of a group in one statement, in their sorted order.
INSERT INTO native_event (shop, id, call)
SELECT shop, id, call FROM json_to_recordset(:rows) AS row (shop text, id text, call text)
ON CONFLICT (shop, id) DO NOTHING;
