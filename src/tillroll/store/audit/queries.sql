-- name: audit_carts_with_two_orders
-- One cart, at most one order of its checkout.
SELECT shop, cart_id, count(*) AS orders FROM sales_order WHERE checkout = 1 AND cart_id IS NOT NULL
GROUP BY shop, cart_id HAVING count(*) > 1 ORDER BY shop, cart_id LIMIT :limit;

-- name: audit_orders_without_closed_cart
-- Every order of a cart's checkout has its cart, closed, and naming it; one that was withdrawn has none.
SELECT sales_order.shop, sales_order.id FROM sales_order
LEFT JOIN cart ON cart.shop = sales_order.shop AND cart.id = sales_order.cart_id
WHERE sales_order.checkout = 1 AND sales_order.quote_id IS NULL
  AND NOT (sales_order.awaits_payment = 1 AND sales_order.deleted = 1)
  AND (cart.id IS NULL OR cart.status <> 'CLOSED' OR cart.order_id IS NULL OR cart.order_id <> sales_order.id)
ORDER BY sales_order.shop, sales_order.id LIMIT :limit;

-- name: audit_carts_without_order
-- Every cart that was closed by an order has that order.
SELECT cart.shop, cart.id FROM cart
LEFT JOIN sales_order ON sales_order.shop = cart.shop AND sales_order.id = cart.order_id
WHERE cart.order_id IS NOT NULL
  AND (sales_order.id IS NULL OR sales_order.cart_id IS NULL OR sales_order.cart_id <> cart.id)
ORDER BY cart.shop, cart.id LIMIT :limit;

-- name: audit_quotes_with_two_orders
-- One quote, at most one order of its checkout.
SELECT shop, quote_id, count(*) AS orders FROM sales_order WHERE checkout = 1 AND quote_id IS NOT NULL
GROUP BY shop, quote_id HAVING count(*) > 1 ORDER BY shop, quote_id LIMIT :limit;

-- name: audit_orders_without_accepted_quote
-- Every order of a quote's checkout has its quote, accepted, and naming it.
SELECT sales_order.shop, sales_order.id FROM sales_order
LEFT JOIN quote ON quote.shop = sales_order.shop AND quote.id = sales_order.quote_id
WHERE sales_order.checkout = 1 AND sales_order.quote_id IS NOT NULL
  AND (quote.id IS NULL OR quote.status <> 'ACCEPTED' OR quote.order_id IS NULL OR quote.order_id <> sales_order.id)
ORDER BY sales_order.shop, sales_order.id LIMIT :limit;

-- name: audit_quotes_without_order
-- Every quote that names an order has that order.
SELECT quote.shop, quote.id FROM quote
LEFT JOIN sales_order ON sales_order.shop = quote.shop AND sales_order.id = quote.order_id
WHERE quote.order_id IS NOT NULL
  AND (sales_order.id IS NULL OR sales_order.quote_id IS NULL OR sales_order.quote_id <> quote.id)
ORDER BY quote.shop, quote.id LIMIT :limit;

-- name: audit_quotes_of_open_carts
-- The cart that a quote was made from is closed, and was not bought as well.
SELECT quote.shop, quote.id, cart.id AS cart_id FROM quote
JOIN cart ON cart.shop = quote.shop AND cart.id = quote.cart_id
WHERE cart.status <> 'CLOSED' OR cart.order_id IS NOT NULL
ORDER BY quote.shop, quote.id LIMIT :limit;

-- name: audit_quotes_without_history
-- Every change of a quote is told in its history, its making first.
SELECT quote.shop, quote.id, count(quote_change.position) AS times FROM quote
LEFT JOIN quote_change ON quote_change.shop = quote.shop AND quote_change.quote_id = quote.id
  AND quote_change.op = 'CREATE'
GROUP BY quote.shop, quote.id HAVING count(quote_change.position) <> 1
ORDER BY quote.shop, quote.id LIMIT :limit;

-- name: audit_number_gaps
-- Order numbers are handed out once and without gaps.
SELECT sales_order.shop, count(*) AS orders, max(number) - min(number) + 1 AS span,
    sequence.next - min(number) AS given
FROM sales_order JOIN sequence ON sequence.shop = sales_order.shop AND sequence.name = 'order'
GROUP BY sales_order.shop, sequence.next
HAVING count(*) <> max(number) - min(number) + 1 OR count(*) <> sequence.next - min(number)
ORDER BY sales_order.shop LIMIT :limit;

-- name: audit_negative_stock
SELECT shop, product_id, on_hand FROM availability WHERE on_hand < 0 ORDER BY shop, product_id LIMIT :limit;

-- name: audit_overredeemed_coupons
SELECT shop, code, redemption_count FROM coupon
WHERE redemption_count < 0 OR (redemptions_max >= 0 AND redemption_count > redemptions_max)
ORDER BY shop, code LIMIT :limit;

-- name: audit_coupon_counts
-- A coupon's count is the number of its redemptions.
SELECT coupon.shop, coupon.code, coupon.redemption_count, count(coupon_redemption.id) AS redemptions FROM coupon
LEFT JOIN coupon_redemption ON coupon_redemption.shop = coupon.shop AND coupon_redemption.code = coupon.code
GROUP BY coupon.shop, coupon.code, coupon.redemption_count
HAVING coupon.redemption_count <> count(coupon_redemption.id)
ORDER BY coupon.shop, coupon.code LIMIT :limit;

-- name: audit_redemptions_without_order
SELECT coupon_redemption.shop, coupon_redemption.id FROM coupon_redemption
LEFT JOIN sales_order ON sales_order.shop = coupon_redemption.shop AND sales_order.id = coupon_redemption.order_id
WHERE coupon_redemption.order_id IS NOT NULL AND sales_order.id IS NULL
ORDER BY coupon_redemption.shop, coupon_redemption.id LIMIT :limit;

-- name: audit_customer_uses
-- A customer's uses of a coupon are the number of that customer's redemptions.
SELECT used.shop, used.code, used.customer, used.uses, count(coupon_redemption.id) AS redemptions
FROM coupon_customer_use AS used
LEFT JOIN coupon_redemption ON coupon_redemption.shop = used.shop AND coupon_redemption.code = used.code
  AND coupon_redemption.customer = used.customer
GROUP BY used.shop, used.code, used.customer, used.uses
HAVING used.uses <> count(coupon_redemption.id)
ORDER BY used.shop, used.code, used.customer LIMIT :limit;

-- name: audit_orders_without_event
-- Every order stands in the ledger, once; one that waits for its money does not yet.
SELECT sales_order.shop, sales_order.id, count(event.position) AS times FROM sales_order
LEFT JOIN event ON event.shop = sales_order.shop AND event.subject = sales_order.id AND event.kind = CASE sales_order.checkout WHEN 1 THEN 'order_placed' ELSE 'order_written' END
GROUP BY sales_order.shop, sales_order.id, sales_order.awaits_payment
HAVING count(event.position) <> 1 - sales_order.awaits_payment
ORDER BY sales_order.shop, sales_order.id LIMIT :limit;

-- name: audit_events_without_order
-- Nothing of a failed checkout is in the ledger.
SELECT event.shop, event.subject FROM event
LEFT JOIN sales_order ON sales_order.shop = event.shop AND sales_order.id = event.subject
WHERE event.kind IN ('order_placed', 'order_written') AND sales_order.id IS NULL
ORDER BY event.shop, event.subject LIMIT :limit;

-- name: audit_orders_after
-- The orders themselves, in chunks, for what has to be computed: Σ lines + shipping = total, stock taken = stock sold.
-- What was withdrawn has given back what it took, as a declined order has.
SELECT shop, number, id, CASE WHEN awaits_payment = 1 AND deleted = 1 THEN 'DECLINED' ELSE status END AS status, currency,
    total_minor, document FROM sales_order
WHERE shop > :shop OR (shop = :shop AND number > :number) ORDER BY shop, number LIMIT :limit;

-- name: audit_stock_taken
SELECT shop, site, product_id, CAST(sum(quantity) AS BIGINT) AS moved FROM stock_movement
WHERE cause IN ('order', 'correction')
GROUP BY shop, site, product_id;

-- name: audit_overbooked_windows
SELECT shop, id, booked, capacity FROM delivery_counter WHERE booked < 0 OR booked > capacity
ORDER BY shop, id LIMIT :limit;

-- name: audit_window_counts
-- What a window counts is the sum of its bookings.
SELECT shop, window_id, CAST(sum(booked) AS BIGINT) AS booked, CAST(sum(places) AS BIGINT) AS places FROM (
    SELECT shop, id AS window_id, booked, 0 AS places FROM delivery_counter
    UNION ALL SELECT shop, window_id, 0, places FROM delivery_booking
) AS entries
GROUP BY shop, window_id HAVING sum(booked) <> sum(places) ORDER BY shop, window_id LIMIT :limit;

-- name: audit_places_of_orders
-- How many places each order holds: one since it booked it, none since it gave it back.
SELECT shop, subject AS order_id, window_id, CAST(sum(places) AS BIGINT) AS places FROM delivery_booking
WHERE cause IN ('order', 'return') GROUP BY shop, subject, window_id;

-- name: audit_sales_by_hand
-- What was written down by hand has taken nothing: no stock, no coupon.
SELECT sales_order.shop, sales_order.id FROM sales_order
WHERE sales_order.checkout = 0 AND (
    EXISTS (SELECT 1 FROM stock_movement AS moved WHERE moved.shop = sales_order.shop AND moved.cause = 'order'
        AND moved.subject = sales_order.id)
    OR EXISTS (SELECT 1 FROM coupon_redemption AS redeemed WHERE redeemed.shop = sales_order.shop
        AND redeemed.order_id = sales_order.id))
ORDER BY sales_order.shop, sales_order.id LIMIT :limit;

-- name: audit_emails_of_two_customers
SELECT shop, email, count(*) AS customers FROM customer GROUP BY shop, email HAVING count(*) > 1 ORDER BY shop, email LIMIT :limit;

-- name: audit_tokens_without_customer
-- Every token of a customer is that of one who is there and may act.
SELECT DISTINCT token.shop, coalesce(token.customer_id, token.client_id) AS holder FROM token
LEFT JOIN customer ON customer.shop = token.shop AND customer.id = token.customer_id
WHERE (token.kind = 'customer' OR token.customer_id IS NOT NULL) AND (customer.id IS NULL OR customer.active = 0)
ORDER BY token.shop, holder LIMIT :limit;

-- name: audit_item_versions
-- An item stands at its newest version, and none is missing.
SELECT item.id, item.version, count(said.version) AS versions FROM inventory_item AS item
LEFT JOIN inventory_version AS said ON said.item_id = item.id
GROUP BY item.id, item.version
HAVING count(said.version) <> item.version OR coalesce(max(said.version), 0) <> item.version
ORDER BY item.id LIMIT :limit;

-- name: audit_item_documents
-- What an item says is what its newest version said.
SELECT item.id FROM inventory_item AS item
JOIN inventory_version AS said ON said.item_id = item.id AND said.version = item.version
WHERE said.document <> item.document ORDER BY item.id LIMIT :limit;

-- name: audit_item_changes
-- An item's state is that of its last step, with its amount and the currency of it.
SELECT item.id, item.state FROM inventory_item AS item
LEFT JOIN inventory_change AS step ON step.item_id = item.id AND step.position = item.changes
WHERE (item.changes > 0 AND (step.state IS NULL OR step.state <> item.state
    OR coalesce(step.amount_minor, -1) <> coalesce(item.state_minor, -1) OR step.currency <> item.state_currency))
  OR (item.changes = 0 AND item.state <> 'in_stock')
ORDER BY item.id LIMIT :limit;

-- name: audit_posted_versions
-- What the ledger says was accepted from an application is there: each call one version, and no version without one, but
-- for those of users who were removed, which are counted.
SELECT application.shop, application.client_id,
    (SELECT count(*) FROM event WHERE event.shop = application.shop AND event.dialect = 'scout'
        AND event.channel = application.client_id AND event.kind = 'purchase' AND event.outcome = 'accepted') AS accepted,
    (SELECT count(*) FROM inventory_version AS said JOIN inventory_item AS item ON item.id = said.item_id
        WHERE item.client_id = application.client_id AND said.source IN ('ingest', 'checkout'))
        + application.versions_removed AS kept
FROM application
WHERE (SELECT count(*) FROM event WHERE event.shop = application.shop AND event.dialect = 'scout'
        AND event.channel = application.client_id AND event.kind = 'purchase' AND event.outcome = 'accepted')
  <> (SELECT count(*) FROM inventory_version AS said JOIN inventory_item AS item ON item.id = said.item_id
        WHERE item.client_id = application.client_id AND said.source IN ('ingest', 'checkout'))
        + application.versions_removed
ORDER BY application.shop, application.client_id LIMIT :limit;

-- name: audit_search_cart_lines
SELECT shop, channel, session_id, line, quantity FROM search_cart_line
ORDER BY shop, channel, session_id, line;

-- name: audit_search_cart_events
-- What changes carts, in order, in chunks.
SELECT position, shop, channel, visitor AS session_id, kind, document FROM event
WHERE position > :after AND dialect = 'doofinder' AND outcome = 'accepted' AND visitor IS NOT NULL
  AND kind IN ('cart_add', 'cart_remove', 'cart_clear', 'cart_expired', 'cart', 'checkout')
ORDER BY position LIMIT :limit;

-- name: audit_tallies
-- Each call is one row of the ledger and counts once; those that came too often are counted alone.
SELECT shop, dialect, outcome, reason, CAST(sum(kept) AS BIGINT) AS kept, CAST(sum(counted) AS BIGINT) AS counted FROM (
    SELECT shop, dialect, outcome, reason, count(*) AS kept, 0 AS counted FROM event WHERE call IS NOT NULL
    GROUP BY shop, dialect, outcome, reason
    UNION ALL
    SELECT shop, dialect, outcome, reason, 0, sum(calls) FROM event_tally WHERE reason <> 'too_many' GROUP BY shop, dialect, outcome, reason
) AS both_sides
GROUP BY shop, dialect, outcome, reason HAVING sum(kept) <> sum(counted)
ORDER BY shop, dialect, outcome, reason LIMIT :limit;

-- name: audit_receptions_after
-- When each event was received, in chunks, for what has to be reckoned: whether a call's id leads back to it.
SELECT position, shop, call, received_at FROM event WHERE position > :after ORDER BY position LIMIT :limit;

-- name: stock_differences
-- What the audit must find nothing of: places where the movements do not add up to what is on hand.
SELECT shop, site, product_id, CAST(sum(on_hand) AS BIGINT) AS on_hand, CAST(sum(moved) AS BIGINT) AS moved FROM (
    SELECT shop, site, product_id, on_hand, 0 AS moved FROM availability
    UNION ALL SELECT shop, site, product_id, 0, quantity FROM stock_movement
) AS entries
GROUP BY shop, site, product_id HAVING sum(on_hand) <> sum(moved) ORDER BY shop, site, product_id;

-- name: audit_reports_without_sale
-- Each report of a purchase belongs to a sale that is there.
SELECT sale_report.shop, sale_report.position, sale_report.sale FROM sale_report
LEFT JOIN sale ON sale.shop = sale_report.shop AND sale.id = sale_report.sale
WHERE sale.id IS NULL ORDER BY sale_report.shop, sale_report.position LIMIT :limit;

-- name: audit_sales_without_reports
-- Each sale has as many reports as it says.
SELECT sale.shop, sale.id, sale.reports, count(sale_report.position) AS found FROM sale
LEFT JOIN sale_report ON sale_report.shop = sale.shop AND sale_report.sale = sale.id
GROUP BY sale.shop, sale.id, sale.reports HAVING count(sale_report.position) <> sale.reports
ORDER BY sale.shop, sale.id LIMIT :limit;

-- name: audit_reports_without_event
-- Each report is an event of its shop, and none that the sales have not come to yet.
SELECT sale_report.shop, sale_report.position FROM sale_report
LEFT JOIN event ON event.shop = sale_report.shop AND event.position = sale_report.position
LEFT JOIN sales_follower ON sales_follower.shop = sale_report.shop
WHERE event.position IS NULL OR sale_report.position > coalesce(sales_follower.position, 0)
ORDER BY sale_report.shop, sale_report.position LIMIT :limit;

-- name: audit_orders_without_sale
-- Each order that was bought here is a report, as soon as the sales have come to it.
SELECT event.shop, event.subject FROM sales_follower
JOIN event ON event.shop = sales_follower.shop AND event.position <= sales_follower.position
LEFT JOIN sale_report ON sale_report.shop = event.shop AND sale_report.position = event.position
WHERE event.kind = 'order_placed' AND sale_report.position IS NULL
ORDER BY event.shop, event.position LIMIT :limit;

-- name: audit_refunds_beyond_sales
-- Nothing is given back that was not paid.
SELECT shop, id, refunded_minor, total_minor FROM sale
WHERE refunded_minor < 0 OR refunded_minor > CASE WHEN total_minor > 0 THEN total_minor ELSE 0 END
ORDER BY shop, id LIMIT :limit;

-- name: audit_shares_of_revenue
-- On each day each model shares out what was sold, and takes back what was given back: no more, and no less.
SELECT part.shop, part.calendar, part.currency, part.model, part.day,
    CAST(sum(part.credited_minor) AS BIGINT) AS credited, coalesce(whole.credited_minor, 0) AS sold,
    CAST(sum(part.refunded_minor) AS BIGINT) AS taken, coalesce(whole.refunded_minor, 0) AS refunded
FROM revenue AS part
LEFT JOIN revenue AS whole ON whole.shop = part.shop AND whole.calendar = part.calendar
  AND whole.currency = part.currency AND whole.model = '' AND whole.day = part.day AND whole.source = ''
WHERE part.model <> ''
GROUP BY part.shop, part.calendar, part.currency, part.model, part.day, whole.credited_minor, whole.refunded_minor
HAVING sum(part.credited_minor) <> coalesce(whole.credited_minor, 0)
    OR sum(part.refunded_minor) <> coalesce(whole.refunded_minor, 0)
ORDER BY part.shop, part.calendar, part.currency, part.model, part.day LIMIT :limit;

-- name: audit_followers_ahead
-- No shop's sales are beyond its last event.
SELECT sales_follower.shop, sales_follower.position, coalesce(max(event.position), 0) AS last FROM sales_follower
LEFT JOIN event ON event.shop = sales_follower.shop
GROUP BY sales_follower.shop, sales_follower.position
HAVING sales_follower.position > coalesce(max(event.position), 0) ORDER BY sales_follower.shop LIMIT :limit;

-- name: audit_sales_after
-- The sales of a shop in chunks, for what has to be reckoned: credits of each model, and the sums of all of them.
SELECT id, placed_at, currency, total_minor, refunded_minor, reports, state, document, entries FROM sale
WHERE shop = :shop AND id > :after ORDER BY id LIMIT :limit;

-- name: audit_past_sales
-- Sales as they were before another version, up to an event.
SELECT id, since, until, document, entries FROM sale_version WHERE shop = :shop AND until <= :position;

-- name: audit_payment_entries
-- Every entry of the books adds up to nought.
SELECT shop, subject, cause, CAST(sum(amount_minor) AS BIGINT) AS amount_minor FROM payment_posting
GROUP BY shop, subject, cause, currency HAVING sum(amount_minor) <> 0
ORDER BY shop, subject, cause LIMIT :limit;

-- name: audit_payment_clearing
-- Nothing is left to be answered of an attempt that is over, and nothing is held for it.
SELECT payment_attempt.shop, payment_attempt.id, account, CAST(sum(payment_posting.amount_minor) AS BIGINT) AS amount_minor
FROM payment_attempt JOIN payment_posting
  ON payment_posting.shop = payment_attempt.shop AND holder = payment_attempt.id
WHERE account IN ('asked', 'open_auth', 'clearing')
  AND state IN ('CAPTURED', 'VOIDED', 'DECLINED', 'REFUSED', 'ABANDONED', 'EXPIRED')
GROUP BY payment_attempt.shop, payment_attempt.id, account HAVING sum(payment_posting.amount_minor) <> 0
ORDER BY payment_attempt.shop, payment_attempt.id, account LIMIT :limit;

-- name: audit_orders_without_money
-- No order whose provider was asked stands without money that was held for it.
SELECT sales_order.shop, sales_order.id, sales_order.status FROM sales_order
WHERE sales_order.deleted = 0 AND sales_order.status NOT IN ('IN_CHECKOUT', 'DECLINED')
  AND EXISTS (SELECT 1 FROM payment_attempt WHERE shop = sales_order.shop AND order_id = sales_order.id)
  AND NOT EXISTS (
    SELECT 1 FROM payment_attempt
    WHERE shop = sales_order.shop AND order_id = sales_order.id AND authorised_at IS NOT NULL
  )
ORDER BY sales_order.shop, sales_order.id LIMIT :limit;

-- name: audit_money_without_order
-- No money is held for an order that was declined or withdrawn, unless it is about to be let go.
SELECT payment_attempt.shop, payment_attempt.id, payment_attempt.order_id FROM payment_attempt
LEFT JOIN sales_order ON sales_order.shop = payment_attempt.shop AND sales_order.id = payment_attempt.order_id
WHERE payment_attempt.state IN ('AUTHORISED', 'CAPTURING') AND payment_attempt.wish NOT IN ('declined', 'cancel')
  AND (sales_order.id IS NULL OR sales_order.status = 'DECLINED' OR sales_order.deleted = 1)
ORDER BY payment_attempt.shop, payment_attempt.id LIMIT :limit;

-- name: audit_refunds_beyond_captures
-- No more is given back of a payment than was taken.
SELECT payment_attempt.shop, payment_attempt.id, CAST(sum(payment_refund.amount_minor) AS BIGINT) AS refunded_minor,
    payment_attempt.captured_minor
FROM payment_attempt JOIN payment_refund
  ON payment_refund.shop = payment_attempt.shop AND payment_refund.attempt_id = payment_attempt.id
WHERE payment_refund.state IN ('ASKED', 'PENDING', 'SUCCEEDED')
GROUP BY payment_attempt.shop, payment_attempt.id, payment_attempt.captured_minor
HAVING sum(payment_refund.amount_minor) > payment_attempt.captured_minor
ORDER BY payment_attempt.shop, payment_attempt.id LIMIT :limit;

-- name: audit_orders_without_message
-- An endpoint that is switched on and has asked for orders since before this one: its message is there. Who registered it
-- within a minute of the order is not looked at, nor what may be forgotten by now: messages go in the order in which
-- they were settled.
SELECT webhook.shop, webhook.id, sales_order.id AS order_id FROM webhook
JOIN sales_order ON sales_order.shop = webhook.shop AND sales_order.created_at > webhook.asked_since + 60000000
WHERE webhook.state = 'ENABLED' AND replace(' ' || webhook.types || ' ', ' order.created ', '') <> ' ' || webhook.types || ' '
  AND sales_order.awaits_payment = 0
  AND sales_order.created_at >= (SELECT min(settled_at) FROM webhook_delivery WHERE settled_at IS NOT NULL)
  AND NOT EXISTS (
    SELECT 1 FROM webhook_delivery WHERE webhook_delivery.shop = webhook.shop
      AND webhook_delivery.webhook_id = webhook.id AND webhook_delivery.subject = 'order:' || sales_order.id
      AND webhook_delivery.type = 'order.created')
ORDER BY webhook.shop, webhook.id, sales_order.id LIMIT :limit;

-- name: audit_messages_without_order
SELECT webhook_delivery.shop, webhook_delivery.webhook_id, webhook_delivery.subject FROM webhook_delivery
WHERE webhook_delivery.type = 'order.created' AND NOT EXISTS (
    SELECT 1 FROM sales_order WHERE sales_order.shop = webhook_delivery.shop
      AND 'order:' || sales_order.id = webhook_delivery.subject)
ORDER BY webhook_delivery.shop, webhook_delivery.webhook_id, webhook_delivery.subject LIMIT :limit;

-- name: audit_messages_without_lane
-- What waits is in a lane, and a lane is there for what waits.
SELECT webhook_delivery.shop, webhook_delivery.webhook_id, webhook_delivery.subject FROM webhook_delivery
WHERE webhook_delivery.state = 'PENDING' AND NOT EXISTS (
    SELECT 1 FROM webhook_lane WHERE webhook_lane.shop = webhook_delivery.shop
      AND webhook_lane.webhook_id = webhook_delivery.webhook_id AND webhook_lane.subject = webhook_delivery.subject)
UNION SELECT webhook_lane.shop, webhook_lane.webhook_id, webhook_lane.subject FROM webhook_lane
WHERE NOT EXISTS (
    SELECT 1 FROM webhook_delivery WHERE webhook_delivery.shop = webhook_lane.shop
      AND webhook_delivery.webhook_id = webhook_lane.webhook_id AND webhook_delivery.subject = webhook_lane.subject
      AND webhook_delivery.state = 'PENDING')
ORDER BY 1, 2, 3 LIMIT :limit;

-- name: audit_overtaken_messages
-- Nothing is settled while something of its subject that was written before it waits; but for what is sent once more.
SELECT DISTINCT waiting.shop, waiting.webhook_id, waiting.subject FROM webhook_delivery AS waiting
JOIN webhook_delivery AS later ON later.shop = waiting.shop AND later.webhook_id = waiting.webhook_id
  AND later.subject = waiting.subject AND later.position > waiting.position
WHERE waiting.state = 'PENDING' AND waiting.replays = 0 AND later.settled_at IS NOT NULL AND later.replays = 0
  AND later.state <> 'DROPPED'
ORDER BY waiting.shop, waiting.webhook_id, waiting.subject LIMIT :limit;
