-- How many places of a delivery window are taken: one row per delivery time, slot and day (the id joins the three).
-- It can not be overbooked, whatever our code believes.
CREATE TABLE delivery_counter (
    shop TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    booked INTEGER NOT NULL DEFAULT 0,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (shop, id),
    CHECK (booked >= 0),
    CHECK (booked <= capacity)
) STRICT, WITHOUT ROWID;

-- Every change of a count, with its cause ('order' and 'return' with the order's id, 'increment' with the request's):
-- the sum of a counter's bookings is what is taken. The key begins with the cause, as for stock.
CREATE TABLE delivery_booking (
    shop TEXT NOT NULL REFERENCES shop (id),
    window_id TEXT NOT NULL,
    cause TEXT NOT NULL,
    subject TEXT NOT NULL,
    places INTEGER NOT NULL,
    booked_at INTEGER NOT NULL,
    PRIMARY KEY (shop, cause, subject, window_id)
) STRICT, WITHOUT ROWID;
