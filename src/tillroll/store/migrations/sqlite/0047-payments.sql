-- 1 while an order waits for the first money that a provider holds for it: until then nothing was sold.
ALTER TABLE sales_order ADD COLUMN awaits_payment INTEGER NOT NULL DEFAULT 0;

-- One try to pay one order: where it is, who asked what of it, and when it is looked at next.
CREATE TABLE payment_attempt (
    shop TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    dialect TEXT NOT NULL,
    order_id TEXT NOT NULL,
    cart_id TEXT,
    mode_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    total_minor INTEGER NOT NULL,
    token TEXT NOT NULL,
    captures INTEGER NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    is_told INTEGER NOT NULL,
    provider_id TEXT,
    charge_id TEXT,
    capture_before INTEGER,
    authorised_at INTEGER,
    capture_minor INTEGER NOT NULL,
    captured_minor INTEGER NOT NULL,
    captures_asked INTEGER NOT NULL,
    owed_minor INTEGER NOT NULL,
    action_url TEXT,
    code TEXT,
    attention TEXT,
    wish TEXT NOT NULL,
    hold_until INTEGER NOT NULL,
    act_until INTEGER,
    check_at INTEGER,
    looks INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (shop, id),
    CHECK (captured_minor BETWEEN 0 AND amount_minor)
) STRICT;
CREATE INDEX payment_attempt_order ON payment_attempt (shop, order_id);
CREATE INDEX payment_attempt_due ON payment_attempt (check_at) WHERE check_at IS NOT NULL;
CREATE UNIQUE INDEX payment_attempt_provider ON payment_attempt (shop, provider, provider_id) WHERE provider_id IS NOT NULL;
CREATE UNIQUE INDEX payment_attempt_live ON payment_attempt (shop, order_id)
WHERE state IN ('PLANNED', 'CREATED', 'ACTION_REQUIRED', 'PENDING', 'AUTHORISED', 'CAPTURING', 'VOIDING');

-- One act that a provider is asked for: the row is there before the request, and its answer after it.
CREATE TABLE payment_operation (
    shop TEXT NOT NULL REFERENCES shop (id),
    key TEXT NOT NULL,
    attempt_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    digest TEXT NOT NULL,
    tries INTEGER NOT NULL CHECK (tries > 0),
    asked_at INTEGER NOT NULL,
    answered_at INTEGER,
    answer TEXT NOT NULL,
    code TEXT NOT NULL,
    request_id TEXT,
    told TEXT NOT NULL,
    PRIMARY KEY (shop, key)
) STRICT;
CREATE INDEX payment_operation_attempt ON payment_operation (shop, attempt_id);

-- Money that goes back: one row for each refund, ours or made elsewhere.
CREATE TABLE payment_refund (
    shop TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    attempt_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    state TEXT NOT NULL,
    provider_refund_id TEXT,
    code TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT;
CREATE INDEX payment_refund_attempt ON payment_refund (shop, attempt_id);

-- The double-entry books, append-only: the lines of one subject and cause are one entry, which adds up to nought.
CREATE TABLE payment_posting (
    shop TEXT NOT NULL REFERENCES shop (id),
    subject TEXT NOT NULL,
    cause TEXT NOT NULL,
    account TEXT NOT NULL,
    holder TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    order_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (shop, subject, cause, account, holder)
) STRICT;
