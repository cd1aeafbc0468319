-- Carts of search sessions that nobody comes back to are found by their age. `added_at` is when a line was first added, or
-- when its session was last seen to be in use.
CREATE INDEX search_cart_line_by_age ON search_cart_line (added_at);
