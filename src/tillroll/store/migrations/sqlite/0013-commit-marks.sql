-- The last transaction of each writer, written by that transaction itself. On SQLite only the question whether the file
-- can be written leaves marks: a COMMIT's answer cannot get lost here.
-- A mark is the time in microseconds, or the next number where that was taken.
CREATE TABLE commit_mark (
    writer TEXT PRIMARY KEY,
    mark INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
