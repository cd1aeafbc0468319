-- name: lock_commit_mark
-- Waits for the transaction that wrote it, where that is still open, and cannot be asked on a replica.
SELECT mark FROM commit_mark WHERE writer = :writer FOR UPDATE;

-- name: delete_old_commit_marks!
-- Programs that start together do not wait for each other's rows.
DELETE FROM commit_mark WHERE writer IN (
    SELECT writer FROM commit_mark WHERE mark < :before LIMIT :limit FOR UPDATE SKIP LOCKED
);
