-- Who was there on which day of the shop's clock, once each, and how many that were.
CREATE TABLE visitor_day (
    shop TEXT NOT NULL REFERENCES shop (id),
    day INTEGER NOT NULL,
    node TEXT NOT NULL,
    PRIMARY KEY (shop, day, node)
) STRICT, WITHOUT ROWID;
CREATE TABLE visit_count (
    shop TEXT NOT NULL REFERENCES shop (id),
    day INTEGER NOT NULL,
    visits INTEGER NOT NULL,
    PRIMARY KEY (shop, day)
) STRICT, WITHOUT ROWID;
