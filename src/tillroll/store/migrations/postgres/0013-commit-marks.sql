-- The last transaction of each writer, written by that transaction itself: what became of a COMMIT whose answer was lost
-- is read here. Each row is rewritten with every transaction of its writer, so its page has room for many versions.
-- A mark is the time in microseconds, or the next number where that was taken.
CREATE TABLE commit_mark (
    writer TEXT PRIMARY KEY,
    mark BIGINT NOT NULL
) WITH (fillfactor = 10);
