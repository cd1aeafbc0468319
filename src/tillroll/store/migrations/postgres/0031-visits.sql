-- Who was there on which day of the shop's clock, once each, and how many that were.
CREATE TABLE visitor_day (
    shop TEXT NOT NULL REFERENCES shop (id),
    day BIGINT NOT NULL,
    node TEXT NOT NULL,
    PRIMARY KEY (shop, day, node)
);
CREATE TABLE visit_count (
    shop TEXT NOT NULL REFERENCES shop (id),
    day BIGINT NOT NULL,
    visits BIGINT NOT NULL,
    PRIMARY KEY (shop, day)
);
