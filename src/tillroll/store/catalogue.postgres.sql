-- name: catalogue_entries
-- A set instead of a join: a planner without statistics would read the whole shop and join afterwards.
SELECT id, version, document FROM catalogue_entry
WHERE shop = :shop AND kind = :kind AND id = ANY (ARRAY (SELECT key FROM json_each(:keys)));
