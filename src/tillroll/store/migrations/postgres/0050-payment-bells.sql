-- What a provider has rung for, once each: verified, and only a reason to look. Forgotten after some weeks.
CREATE TABLE payment_bell (
    shop TEXT NOT NULL REFERENCES shop (id),
    mode_id TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    provider_id TEXT,
    told TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (shop, mode_id, id)
);
CREATE INDEX payment_bell_received ON payment_bell (received_at);

-- Disputes as their providers tell of them.
CREATE TABLE payment_dispute (
    shop TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    attempt_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    mode_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    stage TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (shop, id)
);
CREATE INDEX payment_dispute_attempt ON payment_dispute (shop, attempt_id);
