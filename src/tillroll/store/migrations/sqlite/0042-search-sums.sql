-- What a shop's search brought on a day of its clock: everything of a kind where there is no name, else what has this name.
CREATE TABLE search_sum (
    shop TEXT NOT NULL REFERENCES shop (id),
    kind TEXT NOT NULL,
    day INTEGER NOT NULL,
    name TEXT NOT NULL,
    events INTEGER NOT NULL,
    minor INTEGER NOT NULL,
    PRIMARY KEY (shop, kind, day, name)
) STRICT, WITHOUT ROWID;
