-- name: store_exchange_rate!
-- Each setting is a row of its own, so that figures of before are those of the rates of then; an empty rate is none.
INSERT INTO exchange_rate (shop, into_currency, day, currency, since, rate, source)
VALUES (:shop, :into, :day, :currency, :since, :rate, :source)
ON CONFLICT (shop, into_currency, day, currency, since) DO UPDATE SET rate = excluded.rate, source = excluded.source;

-- name: exchange_rates_into
SELECT currency, day, rate, source FROM exchange_rate
WHERE shop = :shop AND into_currency = :into AND day >= :first AND day <= :last AND since <= :position
ORDER BY since;

-- name: exchange_rate
SELECT rate, source FROM exchange_rate
WHERE shop = :shop AND into_currency = :into AND day = :day AND currency = :currency ORDER BY since DESC LIMIT 1;

-- name: exchange_rates_page
-- Those that hold, the latest day first, behind a place.
SELECT kept.currency, kept.into_currency AS "into", kept.day, kept.rate, kept.source FROM exchange_rate AS kept
WHERE kept.shop = :shop AND kept.rate <> '' AND kept.day >= :first AND kept.day <= :last
  AND (kept.day < :day OR (kept.day = :day AND (kept.currency, kept.into_currency) > (:after_currency, :after_into)))
  AND (:currency = '' OR kept.currency = :currency) AND (:into = '' OR kept.into_currency = :into)
  AND NOT EXISTS (
    SELECT 1 FROM exchange_rate AS newer
    WHERE newer.shop = kept.shop AND newer.into_currency = kept.into_currency AND newer.day = kept.day
      AND newer.currency = kept.currency AND newer.since > kept.since)
ORDER BY kept.day DESC, kept.currency, kept.into_currency LIMIT :limit;
