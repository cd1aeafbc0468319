-- name: insert_commit_mark!
INSERT INTO commit_mark (writer, mark) VALUES (:writer, :mark);

-- name: leave_commit_mark!
UPDATE commit_mark SET mark = :mark WHERE writer = :writer;

-- name: lock_commit_mark
SELECT mark FROM commit_mark WHERE writer = :writer;

-- name: delete_old_commit_marks!
DELETE FROM commit_mark WHERE writer IN (SELECT writer FROM commit_mark WHERE mark < :before LIMIT :limit);
