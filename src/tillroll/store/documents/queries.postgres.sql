-- name: catalogue_entries
-- A set instead of a join: a planner without statistics would read the whole shop and join afterwards.
SELECT id, version, document FROM catalogue_entry
WHERE shop = :shop AND kind = :kind AND id = ANY (ARRAY (SELECT key FROM json_each(:keys)));

-- name: catalogue_chunk
-- Another name for the same search.
SELECT id, version, document, created_at, modified_at FROM catalogue_entry
WHERE shop = :shop AND kind = :kind AND id > :after AND strpos(document, :containing) > 0 ORDER BY id LIMIT :limit;

-- name: catalogue_chunk_of_parent
-- As above; and no plus, which texts do not have here.
SELECT id, version, document, created_at, modified_at FROM catalogue_entry
WHERE shop = :shop AND kind = :kind AND parent = :parent AND id > :after AND strpos(document, :containing) > 0
ORDER BY id LIMIT :limit;
