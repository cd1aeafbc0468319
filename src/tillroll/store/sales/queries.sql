-- name: take_sales_follower
-- SQLite has one writer: whoever reads here has it.
SELECT position, policy, told FROM sales_follower WHERE shop = :shop;

-- name: start_sales_follower!
INSERT INTO sales_follower (shop, position, policy) VALUES (:shop, 0, '') ON CONFLICT (shop) DO NOTHING;

-- name: move_sales_follower!
UPDATE sales_follower SET position = :position, policy = :policy,
    told = CASE WHEN told > :position THEN told ELSE :position END
WHERE shop = :shop;

-- name: sales_followers
SELECT shop.id, coalesce(sales_follower.position, 0) AS position, coalesce(sales_follower.policy, '') AS policy,
    sales_policy.document AS decided FROM shop
LEFT JOIN sales_follower ON sales_follower.shop = shop.id
LEFT JOIN sales_policy ON sales_policy.shop = shop.id ORDER BY shop.id;

-- name: sales_followers_of
SELECT shop.id, coalesce(sales_follower.position, 0) AS position, coalesce(sales_follower.policy, '') AS policy,
    sales_policy.document AS decided FROM json_each(:keys) AS wanted CROSS JOIN shop
LEFT JOIN sales_follower ON sales_follower.shop = shop.id
LEFT JOIN sales_policy ON sales_policy.shop = shop.id
WHERE shop.id = wanted.key ORDER BY shop.id;

-- name: sales_begun_anew
SELECT shop FROM sales_follower WHERE policy = '';

-- name: sales_policy
SELECT document FROM sales_policy WHERE shop = :shop;

-- name: store_sales_policy!
INSERT INTO sales_policy (shop, document) VALUES (:shop, :document)
ON CONFLICT (shop) DO UPDATE SET document = excluded.document;

-- name: sale_reports
SELECT sale_report.document FROM json_each(:keys) AS wanted CROSS JOIN sale_report
WHERE sale_report.shop = :shop AND sale_report.position = CAST(wanted.key AS BIGINT);

-- name: sale_reports_of_keys
SELECT sale_report.document FROM json_each(:keys) AS wanted CROSS JOIN sale_report
WHERE sale_report.shop = :shop AND sale_report.order_key = wanted.key;

-- name: sale_reports_of_calls
SELECT sale_report.document FROM json_each(:keys) AS wanted CROSS JOIN sale_report
WHERE sale_report.shop = :shop AND sale_report.call = wanted.key;

-- name: sale_reports_of_sales
SELECT sale_report.document FROM json_each(:keys) AS wanted CROSS JOIN sale_report
WHERE sale_report.shop = :shop AND sale_report.sale = wanted.key;

-- name: sales_of_reports
SELECT DISTINCT sale_report.sale FROM json_each(:keys) AS wanted CROSS JOIN sale_report
WHERE sale_report.shop = :shop AND sale_report.position = CAST(wanted.key AS BIGINT);

-- name: sale_positions_of_nodes
SELECT sale_node.position FROM json_each(:keys) AS wanted CROSS JOIN sale_node
WHERE sale_node.shop = :shop AND sale_node.node = wanted.key AND sale_node.at >= :since
ORDER BY sale_node.at DESC, sale_node.position DESC LIMIT :limit;

-- name: store_sale_report!
INSERT INTO sale_report (shop, position, sale, order_key, call, document)
VALUES (:shop, :position, :sale, :order_key, :call, :document)
ON CONFLICT (shop, position) DO UPDATE SET sale = excluded.sale, document = excluded.document;

-- name: insert_sale_node!
INSERT INTO sale_node (shop, node, at, position) VALUES (:shop, :node, :at, :position) ON CONFLICT DO NOTHING;

-- name: links_of_nodes
SELECT DISTINCT identity_node.link FROM json_each(:keys) AS wanted CROSS JOIN identity_node
WHERE identity_node.shop = :shop AND identity_node.node = wanted.key LIMIT :limit;

-- name: identity_links
SELECT identity_link.id, identity_link.document FROM json_each(:keys) AS wanted CROSS JOIN identity_link
WHERE identity_link.shop = :shop AND identity_link.id = wanted.key;

-- name: store_identity_link!
INSERT INTO identity_link (shop, id, document) VALUES (:shop, :id, :document)
ON CONFLICT (shop, id) DO UPDATE SET document = excluded.document;

-- name: insert_identity_node!
INSERT INTO identity_node (shop, node, link) VALUES (:shop, :node, :link) ON CONFLICT DO NOTHING;

-- name: decisions_of_reports
SELECT DISTINCT decided_report.decision FROM json_each(:keys) AS wanted CROSS JOIN decided_report
WHERE decided_report.shop = :shop AND decided_report.report = CAST(wanted.key AS BIGINT);

-- name: sale_decisions
SELECT sale_decision.id, sale_decision.document FROM json_each(:keys) AS wanted CROSS JOIN sale_decision
WHERE sale_decision.shop = :shop AND sale_decision.id = wanted.key;

-- name: store_sale_decision!
INSERT INTO sale_decision (shop, id, document) VALUES (:shop, :id, :document)
ON CONFLICT (shop, id) DO UPDATE SET document = excluded.document;

-- name: insert_decided_report!
INSERT INTO decided_report (shop, report, decision) VALUES (:shop, :report, :decision) ON CONFLICT DO NOTHING;

-- name: refunds_of_keys
SELECT sale_refund.position, sale_refund.document FROM json_each(:keys) AS wanted CROSS JOIN sale_refund
WHERE sale_refund.shop = :shop AND sale_refund.order_key = wanted.key;

-- name: refunds_of_reports
SELECT sale_refund.position, sale_refund.document FROM json_each(:keys) AS wanted CROSS JOIN sale_refund
WHERE sale_refund.shop = :shop AND sale_refund.report = CAST(wanted.key AS BIGINT);

-- name: insert_sale_refund!
INSERT INTO sale_refund (shop, position, order_key, report, document)
VALUES (:shop, :position, :order_key, :report, :document) ON CONFLICT DO NOTHING;

-- name: sales
SELECT sale.id, sale.since, sale.document, sale.entries FROM json_each(:keys) AS wanted CROSS JOIN sale
WHERE sale.shop = :shop AND sale.id = wanted.key;

-- name: store_sale!
INSERT INTO sale (shop, id, since, placed_at, number, order_key, currency, total_minor, refunded_minor, reports,
    conflicts, candidates, state, sources, document, entries)
VALUES (:shop, :id, :since, :placed_at, :number, :order_key, :currency, :total_minor, :refunded_minor, :reports,
    :conflicts, :candidates, :state, :sources, :document, :entries)
ON CONFLICT (shop, id) DO UPDATE SET since = excluded.since, placed_at = excluded.placed_at, number = excluded.number,
    order_key = excluded.order_key, currency = excluded.currency, total_minor = excluded.total_minor,
    refunded_minor = excluded.refunded_minor, reports = excluded.reports, conflicts = excluded.conflicts,
    candidates = excluded.candidates, state = excluded.state, sources = excluded.sources,
    document = excluded.document, entries = excluded.entries;

-- name: delete_sale!
DELETE FROM sale WHERE shop = :shop AND id = :id;

-- name: insert_sale_version!
INSERT INTO sale_version (shop, id, since, until, document, entries)
VALUES (:shop, :id, :since, :until, :document, :entries)
ON CONFLICT (shop, id, since) DO UPDATE SET until = excluded.until, document = excluded.document,
    entries = excluded.entries;

-- name: add_to_revenue!
INSERT INTO revenue (shop, calendar, currency, model, day, source, orders, credited_minor, direct_minor,
    assisted_minor, refunded_minor)
VALUES (:shop, :calendar, :currency, :model, :day, :source, :orders, :credited_minor, :direct_minor, :assisted_minor,
    :refunded_minor)
ON CONFLICT (shop, calendar, currency, model, day, source) DO UPDATE SET orders = revenue.orders + excluded.orders,
    credited_minor = revenue.credited_minor + excluded.credited_minor,
    direct_minor = revenue.direct_minor + excluded.direct_minor,
    assisted_minor = revenue.assisted_minor + excluded.assisted_minor,
    refunded_minor = revenue.refunded_minor + excluded.refunded_minor;

-- name: forget_sale_reports!
DELETE FROM sale_report WHERE shop = :shop;

-- name: forget_sale_nodes!
DELETE FROM sale_node WHERE shop = :shop;

-- name: forget_identity_links!
DELETE FROM identity_link WHERE shop = :shop;

-- name: forget_identity_nodes!
DELETE FROM identity_node WHERE shop = :shop;

-- name: forget_sale_decisions!
DELETE FROM sale_decision WHERE shop = :shop;

-- name: forget_decided_reports!
DELETE FROM decided_report WHERE shop = :shop;

-- name: forget_sale_refunds!
DELETE FROM sale_refund WHERE shop = :shop;

-- name: forget_sales!
DELETE FROM sale WHERE shop = :shop;

-- name: forget_sale_versions!
DELETE FROM sale_version WHERE shop = :shop;

-- name: forget_revenue!
DELETE FROM revenue WHERE shop = :shop;

-- name: sales_page
-- The latest first, behind a place; `source` is a pattern of the list of those who have a part.
SELECT id, since, placed_at, number, order_key, currency, total_minor, refunded_minor, reports, conflicts, candidates,
    state, sources, document, entries FROM sale
WHERE shop = :shop AND placed_at >= :since AND placed_at <= :until AND (placed_at, id) < (:at, :id)
  AND (:currency = '' OR currency = :currency) AND (:state = '' OR state = :state)
  AND (:source = '' OR sources LIKE :source ESCAPE '\') AND (:wanted = '' OR order_key = :wanted OR id = :wanted)
  AND (:conflicting = 0 OR conflicts > 0 OR candidates > 0)
ORDER BY placed_at DESC, id DESC LIMIT :limit;

-- name: sale_of_report
SELECT sale FROM sale_report WHERE shop = :shop AND position = :position;

-- name: sums_of_revenue
-- All that is kept of a shop.
SELECT calendar, currency, model, day, source, orders, credited_minor, direct_minor, assisted_minor, refunded_minor
FROM revenue WHERE shop = :shop;

-- name: revenue_of_days
SELECT model, day, source, orders, credited_minor, direct_minor, assisted_minor, refunded_minor FROM revenue
WHERE shop = :shop AND calendar = :calendar AND currency = :currency AND model = :model
  AND day >= :first AND day <= :last
ORDER BY day, source;

-- name: revenue_of_models
SELECT model, source, CAST(sum(orders) AS BIGINT) AS orders, CAST(sum(credited_minor) AS BIGINT) AS credited_minor,
    CAST(sum(direct_minor) AS BIGINT) AS direct_minor, CAST(sum(assisted_minor) AS BIGINT) AS assisted_minor,
    CAST(sum(refunded_minor) AS BIGINT) AS refunded_minor FROM revenue
WHERE shop = :shop AND calendar = :calendar AND currency = :currency AND day >= :first AND day <= :last
GROUP BY model, source ORDER BY model, source;

-- name: currencies_of_revenue
SELECT currency, CAST(sum(orders) AS BIGINT) AS orders FROM revenue
WHERE shop = :shop AND calendar = 'order' AND model = '' AND day >= :first AND day <= :last
GROUP BY currency HAVING sum(orders) > 0 ORDER BY orders DESC, currency;

-- name: past_sales
-- Sales as they were at a position, whatever has become of them.
SELECT id, since, document, entries FROM sale WHERE shop = :shop AND since <= :position
UNION ALL
SELECT id, since, document, entries FROM sale_version
WHERE shop = :shop AND since <= :position AND until > :position;

-- name: currencies_of_figures
-- Of whatever was sold or given back on some days.
SELECT DISTINCT currency FROM revenue
WHERE shop = :shop AND model = '' AND day >= :first AND day <= :last ORDER BY currency;

-- name: counted_sales
SELECT id, since, document, entries FROM sale
WHERE shop = :shop AND placed_at >= :since AND placed_at <= :until AND state = 'counted'
ORDER BY placed_at, id LIMIT :limit;

-- name: sales_position
SELECT position FROM sales_follower WHERE shop = :shop;

-- name: insert_visitor_day!
INSERT INTO visitor_day (shop, day, node) VALUES (:shop, :day, :node) ON CONFLICT DO NOTHING;

-- name: add_visits!
INSERT INTO visit_count (shop, day, visits) VALUES (:shop, :day, :visits)
ON CONFLICT (shop, day) DO UPDATE SET visits = visit_count.visits + excluded.visits;

-- name: visits_of_days
SELECT CAST(coalesce(sum(visits), 0) AS BIGINT) AS visits FROM visit_count
WHERE shop = :shop AND day >= :first AND day <= :last;

-- name: visits_by_day
SELECT day, visits FROM visit_count WHERE shop = :shop AND day >= :first AND day <= :last ORDER BY day;

-- name: forget_visitor_days!
DELETE FROM visitor_day WHERE shop = :shop;

-- name: forget_visits!
DELETE FROM visit_count WHERE shop = :shop;

-- name: followed_carts
-- The carts that visitors have now.
SELECT followed_cart.node, followed_cart.opened_day, followed_cart.document FROM json_each(:keys) AS wanted
CROSS JOIN followed_cart
WHERE followed_cart.shop = :shop AND followed_cart.node = wanted.key AND followed_cart.closed = 0;

-- name: store_followed_cart!
INSERT INTO followed_cart (shop, node, closed, dialect, currency, opened_day, changed_at, bought_at, worth_minor, document)
VALUES (:shop, :node, :closed, :dialect, :currency, :opened_day, :changed_at, :bought_at, :worth_minor, :document)
ON CONFLICT (shop, node, closed) DO UPDATE SET currency = excluded.currency, opened_day = excluded.opened_day,
    changed_at = excluded.changed_at, bought_at = excluded.bought_at, worth_minor = excluded.worth_minor,
    document = excluded.document;

-- name: insert_cart_day!
INSERT INTO cart_day (shop, dialect, currency, day, node) VALUES (:shop, :dialect, :currency, :day, :node)
ON CONFLICT DO NOTHING;

-- name: add_to_cart_sums!
INSERT INTO cart_sum (shop, dialect, span, currency, day, product, added, removed, added_minor, removed_minor, carts)
VALUES (:shop, :dialect, :span, :currency, :day, :product, :added, :removed, :added_minor, :removed_minor, :carts)
ON CONFLICT (shop, dialect, span, currency, day, product) DO UPDATE SET added = cart_sum.added + excluded.added,
    removed = cart_sum.removed + excluded.removed, added_minor = cart_sum.added_minor + excluded.added_minor,
    removed_minor = cart_sum.removed_minor + excluded.removed_minor, carts = cart_sum.carts + excluded.carts;

-- name: cart_days
SELECT day, added_minor, removed_minor, carts FROM cart_sum
WHERE shop = :shop AND dialect = :dialect AND span = 0 AND currency = :currency AND day >= :first AND day <= :last
ORDER BY day;

-- name: cart_products
SELECT product, CAST(sum(added) AS BIGINT) AS added, CAST(sum(removed) AS BIGINT) AS removed,
    CAST(sum(added_minor) AS BIGINT) AS added_minor, CAST(sum(removed_minor) AS BIGINT) AS removed_minor
FROM json_each(:spans) AS wanted CROSS JOIN cart_sum
WHERE cart_sum.shop = :shop AND dialect = :dialect AND span = CAST(CAST(wanted.value AS TEXT) AS BIGINT)
  AND currency = :currency AND cart_sum.day = CAST(wanted.key AS BIGINT)
GROUP BY product ORDER BY sum(CASE WHEN :removed = 1 THEN removed ELSE added END) DESC, product LIMIT :limit;

-- name: cart_currencies
SELECT currency, CAST(sum(carts) AS BIGINT) AS carts FROM cart_sum
WHERE shop = :shop AND dialect = :dialect AND span = 0 AND day >= :first AND day <= :last
GROUP BY currency ORDER BY carts DESC, currency;

-- name: add_to_cart_outcomes!
INSERT INTO cart_outcome (shop, dialect, currency, day, carts, checkouts, orders, unbought, unbought_minor)
VALUES (:shop, :dialect, :currency, :day, :carts, :checkouts, :orders, :unbought, :unbought_minor)
ON CONFLICT (shop, dialect, currency, day) DO UPDATE SET carts = cart_outcome.carts + excluded.carts,
    checkouts = cart_outcome.checkouts + excluded.checkouts, orders = cart_outcome.orders + excluded.orders,
    unbought = cart_outcome.unbought + excluded.unbought,
    unbought_minor = cart_outcome.unbought_minor + excluded.unbought_minor;

-- name: cart_outcomes
-- Of the carts that were begun on these days, all together.
SELECT CAST(coalesce(sum(carts), 0) AS BIGINT) AS carts, CAST(coalesce(sum(checkouts), 0) AS BIGINT) AS checkouts,
    CAST(coalesce(sum(orders), 0) AS BIGINT) AS orders, CAST(coalesce(sum(unbought), 0) AS BIGINT) AS unbought,
    CAST(coalesce(sum(unbought_minor), 0) AS BIGINT) AS unbought_minor FROM cart_outcome
WHERE shop = :shop AND dialect = :dialect AND currency = :currency AND day >= :first AND day <= :last;

-- name: fresh_carts
-- Of them, those with something in them that somebody has changed since a time.
SELECT count(*) AS carts, CAST(coalesce(sum(worth_minor), 0) AS BIGINT) AS worth_minor FROM followed_cart
WHERE shop = :shop AND dialect = :dialect AND currency = :currency AND closed = 0 AND worth_minor > 0
  AND changed_at >= :since AND opened_day >= :first AND opened_day <= :last AND opened_day > 0;

-- name: ended_carts
-- The carts that were ended by the events at these positions.
SELECT closed, dialect, currency, opened_day, bought_at FROM json_each(:keys) AS wanted CROSS JOIN followed_cart
WHERE followed_cart.shop = :shop AND followed_cart.closed = CAST(wanted.key AS BIGINT);

-- name: abandoned_carts
-- By the day on which they were begun, in the order of the index.
SELECT document FROM followed_cart
WHERE shop = :shop AND dialect = :dialect AND currency = :currency AND opened_day >= :first AND opened_day <= :last
  AND opened_day > 0 AND bought_at = 0 AND worth_minor > 0 AND (closed > 0 OR changed_at < :before)
  AND length(document) BETWEEN 1 AND :characters
ORDER BY opened_day DESC LIMIT :limit;

-- name: carts_left
-- What was left in carts that nobody has changed since then, and nobody was told of: the longest first.
SELECT followed_cart.node, followed_cart.dialect, followed_cart.currency, followed_cart.worth_minor, followed_cart.changed_at,
    followed_cart.document
FROM followed_cart LEFT JOIN told_cart ON told_cart.shop = followed_cart.shop AND told_cart.node = followed_cart.node
WHERE followed_cart.shop = :shop AND followed_cart.closed = 0 AND followed_cart.worth_minor > 0
  AND followed_cart.changed_at >= :since AND followed_cart.changed_at < :before
  AND (told_cart.changed_at IS NULL OR told_cart.changed_at < followed_cart.changed_at)
ORDER BY followed_cart.changed_at LIMIT :limit;

-- name: claim_told_cart!
-- Of two who tell of the same cart, the second touches no row.
INSERT INTO told_cart (shop, node, changed_at) VALUES (:shop, :node, :changed_at)
ON CONFLICT (shop, node) DO UPDATE SET changed_at = excluded.changed_at
WHERE told_cart.changed_at < excluded.changed_at;

-- name: forget_followed_carts!
DELETE FROM followed_cart WHERE shop = :shop;

-- name: forget_cart_days!
DELETE FROM cart_day WHERE shop = :shop;

-- name: forget_cart_sums!
DELETE FROM cart_sum WHERE shop = :shop;

-- name: forget_cart_outcomes!
DELETE FROM cart_outcome WHERE shop = :shop;

-- name: add_to_search_sums!
INSERT INTO search_sum (shop, kind, span, day, name, events, minor)
VALUES (:shop, :kind, :span, :day, :name, :events, :minor)
ON CONFLICT (shop, kind, span, day, name) DO UPDATE SET events = search_sum.events + excluded.events,
    minor = search_sum.minor + excluded.minor;

-- name: search_days
SELECT kind, day, events, minor FROM search_sum
WHERE shop = :shop AND kind = :kind AND span = 0 AND day >= :first AND day <= :last ORDER BY day;

-- name: search_names
SELECT name, CAST(sum(events) AS BIGINT) AS events, CAST(sum(minor) AS BIGINT) AS minor
FROM json_each(:spans) AS wanted CROSS JOIN search_sum
WHERE search_sum.shop = :shop AND kind = :kind AND span = CAST(CAST(wanted.value AS TEXT) AS BIGINT)
  AND search_sum.day = CAST(wanted.key AS BIGINT)
GROUP BY name ORDER BY sum(minor) DESC, sum(events) DESC, name LIMIT :limit;

-- name: forget_search_sums!
DELETE FROM search_sum WHERE shop = :shop;

-- name: known_experiments
-- Of the latest assignments, in the order of the index by kind.
SELECT subject AS name, CAST(count(*) AS BIGINT) AS assignments FROM (
    SELECT subject FROM event
    WHERE shop = :shop AND dialect = :dialect AND kind = 'experiment_assigned' AND outcome = 'accepted'
      AND happened_at >= :since AND happened_at <= :until
    ORDER BY happened_at DESC LIMIT :limit
) AS latest GROUP BY subject ORDER BY count(*) DESC, subject;

-- name: experiment_assignments
SELECT dialect, visitor, detail AS arm, happened_at FROM event
WHERE shop = :shop AND subject = :experiment AND kind = 'experiment_assigned' AND outcome = 'accepted'
  AND visitor IS NOT NULL AND detail IS NOT NULL AND happened_at >= :since AND happened_at <= :until
ORDER BY position LIMIT :limit;
