-- Who wanted a refund and why, of which lines it is, and when it is looked at next.
ALTER TABLE payment_refund ADD COLUMN origin TEXT NOT NULL DEFAULT 'shop';
ALTER TABLE payment_refund ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE payment_refund ADD COLUMN lines TEXT NOT NULL DEFAULT '[]';
ALTER TABLE payment_refund ADD COLUMN attention TEXT;
ALTER TABLE payment_refund ADD COLUMN check_at BIGINT;
ALTER TABLE payment_refund ADD COLUMN looks BIGINT NOT NULL DEFAULT 0;
CREATE INDEX payment_refund_order ON payment_refund (shop, order_id);
CREATE INDEX payment_refund_due ON payment_refund (check_at) WHERE check_at IS NOT NULL;
CREATE UNIQUE INDEX payment_refund_provider ON payment_refund (shop, attempt_id, provider_refund_id)
WHERE provider_refund_id IS NOT NULL;
