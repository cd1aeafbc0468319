-- What a unit of a currency is in another one, from a day of the shop's clock on. A row holds from an event on; a later one of
-- the same day takes its place, and an empty rate means that there is none any more.
CREATE TABLE exchange_rate (
    shop TEXT NOT NULL REFERENCES shop (id),
    into_currency TEXT NOT NULL,
    day BIGINT NOT NULL,
    currency TEXT NOT NULL,
    since BIGINT NOT NULL,
    rate TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (shop, into_currency, day, currency, since)
);
