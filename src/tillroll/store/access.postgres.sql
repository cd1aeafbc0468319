-- name: channels
-- A set instead of a join: a planner without statistics would read every channel and join afterwards.
SELECT channel.identifier, channel.shop, shop.access_version FROM channel JOIN shop ON shop.id = channel.shop
WHERE channel.dialect = :dialect AND channel.identifier = ANY (ARRAY (SELECT key FROM json_each(:keys)));
