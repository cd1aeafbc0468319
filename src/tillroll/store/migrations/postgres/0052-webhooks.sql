-- Where a shop is told of what became true, and of which types of messages (words with blanks between them).
CREATE TABLE webhook (
    shop TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    url TEXT NOT NULL,
    types TEXT NOT NULL,
    description TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    rest_until BIGINT NOT NULL,
    asked_since BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (shop, id)
);

-- What messages are signed with. They are not hashed: whoever signs has to know the secret.
CREATE TABLE webhook_secret (
    shop TEXT NOT NULL REFERENCES shop (id),
    webhook_id TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at BIGINT,
    PRIMARY KEY (shop, webhook_id, secret)
);

-- A message for one endpoint, written in the transaction of what it tells. Receivers know it by its number.
CREATE TABLE webhook_delivery (
    position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shop TEXT NOT NULL REFERENCES shop (id),
    webhook_id TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    document TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'PENDING',
    tries BIGINT NOT NULL DEFAULT 0,
    replays BIGINT NOT NULL DEFAULT 0,
    status BIGINT,
    answer TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    tried_at BIGINT,
    settled_at BIGINT
);
CREATE INDEX webhook_delivery_pending ON webhook_delivery (shop, webhook_id, subject, position) WHERE state = 'PENDING';
CREATE INDEX webhook_delivery_state ON webhook_delivery (shop, webhook_id, state, position);
CREATE INDEX webhook_delivery_page ON webhook_delivery (shop, webhook_id, position);
CREATE INDEX webhook_delivery_settled ON webhook_delivery (settled_at) WHERE settled_at IS NOT NULL;

-- What waits for one endpoint about one subject goes there one by one: a row while anything waits, and its lock.
CREATE TABLE webhook_lane (
    shop TEXT NOT NULL REFERENCES shop (id),
    webhook_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    turn BIGINT NOT NULL,
    PRIMARY KEY (shop, webhook_id, subject)
);
CREATE INDEX webhook_lane_due ON webhook_lane (due_at);
