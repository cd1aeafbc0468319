-- name: take_sales_follower
-- One server process at a time follows a shop; the others have something else to do.
SELECT position, policy, told FROM sales_follower WHERE shop = :shop FOR UPDATE SKIP LOCKED;

-- name: sale_positions_of_nodes
-- Node by node: of one list of all of them the planner believes that a walk through all that is so young is shorter.
SELECT near.position FROM json_each(:keys) AS wanted CROSS JOIN LATERAL (
    SELECT at, position FROM sale_node
    WHERE sale_node.shop = :shop AND sale_node.node = wanted.key AND sale_node.at >= :since
    ORDER BY at DESC, position DESC LIMIT :limit
) AS near ORDER BY near.at DESC, near.position DESC LIMIT :limit;

-- name: ended_carts
-- Position by position, each of which has ended one cart at most: of all of them the planner believes that a walk through
-- the shop's carts is shorter.
SELECT ended.* FROM json_each(:keys) AS wanted CROSS JOIN LATERAL (
    SELECT closed, dialect, currency, opened_day, bought_at FROM followed_cart
    WHERE followed_cart.shop = :shop AND followed_cart.closed = CAST(wanted.key AS BIGINT) LIMIT 1
) AS ended;
