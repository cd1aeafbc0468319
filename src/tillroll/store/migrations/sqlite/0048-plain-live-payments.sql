-- An index WHERE something is IN a list of more than two makes SQLite build a table of the list for every row that is
-- written. The same condition as comparisons costs next to nothing.
DROP INDEX payment_attempt_live;
CREATE UNIQUE INDEX payment_attempt_live ON payment_attempt (shop, order_id)
WHERE state = 'PLANNED' OR state = 'CREATED' OR state = 'ACTION_REQUIRED' OR state = 'PENDING' OR state = 'AUTHORISED'
   OR state = 'CAPTURING' OR state = 'VOIDING';
