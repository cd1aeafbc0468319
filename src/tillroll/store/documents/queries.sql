-- name: catalogue_entries
-- Columns are named in full wherever json_each is joined: on SQLite it has an id, a parent and a type of its own.
-- CROSS JOIN, because SQLite then asks the index once per key; left to itself it walks the whole shop for every key.
SELECT entry.id, entry.version, entry.document FROM json_each(:keys) AS wanted
CROSS JOIN catalogue_entry AS entry WHERE entry.shop = :shop AND entry.kind = :kind AND entry.id = wanted.key;

-- name: catalogue_entries_of_parents
SELECT entry.parent, entry.id, entry.version, entry.document FROM json_each(:keys) AS wanted
CROSS JOIN catalogue_entry AS entry WHERE entry.shop = :shop AND entry.kind = :kind AND entry.parent = wanted.key
ORDER BY entry.created_at, entry.id;

-- name: catalogue_entries_of_subjects
SELECT entry.subject, entry.id, entry.version, entry.document FROM json_each(:keys) AS wanted
CROSS JOIN catalogue_entry AS entry WHERE entry.shop = :shop AND entry.kind = :kind AND entry.subject = wanted.key
ORDER BY entry.created_at, entry.id;

-- name: catalogue_parent
SELECT parent FROM catalogue_entry WHERE shop = :shop AND kind = :kind AND id = :id;

-- name: catalogue_kind_is_used
SELECT 1 AS used FROM catalogue_entry WHERE shop = :shop AND kind = :kind LIMIT 1;

-- name: catalogue_entry
SELECT id, version, document, created_at, modified_at FROM catalogue_entry
WHERE shop = :shop AND kind = :kind AND id = :id;

-- name: catalogue_entry_by_alternate_key
SELECT id, version, document, created_at, modified_at FROM catalogue_entry
WHERE shop = :shop AND kind = :kind AND alternate_key = :alternate_key;

-- name: catalogue_entries_in_full
SELECT entry.id, version, document, created_at, modified_at FROM json_each(:keys) AS wanted
CROSS JOIN catalogue_entry AS entry WHERE entry.shop = :shop AND entry.kind = :kind AND entry.id = wanted.key;

-- name: catalogue_entries_by_alternate_keys
SELECT alternate_key, entry.id, version, document, created_at, modified_at FROM json_each(:keys) AS wanted
CROSS JOIN catalogue_entry AS entry
WHERE entry.shop = :shop AND entry.kind = :kind AND entry.alternate_key = wanted.key;

-- name: catalogue_chunk
-- An empty text stands in every document.
SELECT id, version, document, created_at, modified_at FROM catalogue_entry
WHERE shop = :shop AND kind = :kind AND id > :after AND instr(document, :containing) > 0 ORDER BY id LIMIT :limit;

-- name: catalogue_chunk_of_parent
SELECT id, version, document, created_at, modified_at FROM catalogue_entry
WHERE shop = :shop AND kind = :kind AND parent = :parent AND +id > :after AND instr(document, :containing) > 0
ORDER BY +id LIMIT :limit;

-- name: catalogue_page
SELECT id, version, document, created_at, modified_at FROM catalogue_entry
WHERE shop = :shop AND kind = :kind ORDER BY created_at, id LIMIT :limit OFFSET :offset;

-- name: catalogue_page_of_parent
-- The plus keeps the index by age out of it: in that order, every document of the kind would be looked at.
SELECT id, version, document, created_at, modified_at FROM catalogue_entry
WHERE shop = :shop AND kind = :kind AND parent = :parent ORDER BY +created_at, id LIMIT :limit OFFSET :offset;

-- name: catalogue_count
SELECT count(*) AS count FROM catalogue_entry WHERE shop = :shop AND kind = :kind;

-- name: catalogue_count_of_parent
SELECT count(*) AS count FROM catalogue_entry WHERE shop = :shop AND kind = :kind AND parent = :parent;

-- name: insert_catalogue_entry!
INSERT INTO catalogue_entry (shop, kind, id, alternate_key, parent, subject, document, created_at, modified_at)
VALUES (:shop, :kind, :id, :alternate_key, :parent, :subject, :document, :now, :now);

-- name: update_catalogue_entry!
UPDATE catalogue_entry
SET alternate_key = :alternate_key, parent = :parent, subject = :subject, document = :document, version = version + 1,
    modified_at = :now
WHERE shop = :shop AND kind = :kind AND id = :id;

-- name: delete_catalogue_entry!
DELETE FROM catalogue_entry WHERE shop = :shop AND kind = :kind AND id = :id;

-- name: delete_catalogue_entries_of_parent!
DELETE FROM catalogue_entry WHERE shop = :shop AND kind = :kind AND parent = :parent;

-- name: delete_catalogue_entries_of_subject!
DELETE FROM catalogue_entry WHERE shop = :shop AND kind = :kind AND subject = :subject;

-- name: shop_heads
SELECT shop.id, shop.catalogue_version, shop.currency, shop.settings
FROM json_each(:keys) AS wanted CROSS JOIN shop WHERE shop.id = wanted.key;

-- name: bump_catalogue_version
UPDATE shop SET catalogue_version = catalogue_version + 1 WHERE id = :shop RETURNING catalogue_version;
