-- Reports of search sessions, from the ledger alone. `channels` is a list of hashids in one text, an edge on both sides of
-- each, or empty for all of them; `device` is one, or empty for all and unknown ones.

-- name: search_counts
-- By quarters of an hour, because days begin at other quarters in other time zones.
SELECT happened_at / 900000000 AS quarter, count(*) FROM event
WHERE shop = :shop AND dialect = 'doofinder' AND kind = :kind AND happened_at >= :first AND happened_at < :last
  AND outcome = 'accepted' AND (:channels = '' OR replace(:channels, :edge || channel || :edge, '') <> :channels)
  AND (:device = '' OR device = :device)
GROUP BY happened_at / 900000000 ORDER BY quarter;

-- name: search_queries
-- Each row also says how many groups and events there are before the limit. `names` is a list in one text, an edge on both
-- sides of each name, or empty for all.
SELECT detail, count(*) AS clicks, count(*) OVER () AS all_groups, CAST(sum(count(*)) OVER () AS bigint) AS all_events
FROM event
WHERE shop = :shop AND dialect = 'doofinder' AND kind = 'click' AND happened_at >= :first AND happened_at < :last
  AND outcome = 'accepted' AND (:channels = '' OR replace(:channels, :edge || channel || :edge, '') <> :channels)
  AND (:device = '' OR device = :device)
  AND detail IS NOT NULL AND detail <> '' AND (:subject = '' OR subject = :subject)
  AND (:names = '' OR replace(:names, :edge || detail || :edge, '') <> :names)
GROUP BY detail ORDER BY clicks DESC, detail LIMIT :limit;

-- name: search_subjects
SELECT subject, count(*) AS events, count(*) OVER () AS all_groups, CAST(sum(count(*)) OVER () AS bigint) AS all_events
FROM event
WHERE shop = :shop AND dialect = 'doofinder' AND kind = :kind AND happened_at >= :first AND happened_at < :last
  AND outcome = 'accepted' AND (:channels = '' OR replace(:channels, :edge || channel || :edge, '') <> :channels)
  AND (:device = '' OR device = :device)
  AND (:detail = '' OR detail = :detail)
GROUP BY subject ORDER BY events DESC, subject LIMIT :limit;

-- name: search_totals
SELECT count(*), count(DISTINCT visitor), count(DISTINCT person) FROM event
WHERE shop = :shop AND dialect = 'doofinder' AND kind = :kind AND happened_at >= :first AND happened_at < :last
  AND outcome = 'accepted' AND (:channels = '' OR replace(:channels, :edge || channel || :edge, '') <> :channels)
  AND (:device = '' OR device = :device);

-- name: search_documents
SELECT visitor, subject, happened_at, document FROM event
WHERE shop = :shop AND dialect = 'doofinder' AND kind = :kind AND happened_at >= :first AND happened_at < :last
  AND outcome = 'accepted' AND (:channels = '' OR replace(:channels, :edge || channel || :edge, '') <> :channels)
  AND (:device = '' OR device = :device)
ORDER BY happened_at, position;

-- name: shops_of_secret
SELECT shop FROM credential WHERE kind = :kind AND secret_hash = :secret_hash AND revoked_at IS NULL;
