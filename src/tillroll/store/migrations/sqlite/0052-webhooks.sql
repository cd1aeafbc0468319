-- Where a shop is told of what became true, and of which types of messages (words with blanks between them).
CREATE TABLE webhook (
    shop TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    url TEXT NOT NULL,
    types TEXT NOT NULL,
    description TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    rest_until INTEGER NOT NULL,
    asked_since INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT;

-- What messages are signed with. They are not hashed: whoever signs has to know the secret.
CREATE TABLE webhook_secret (
    shop TEXT NOT NULL REFERENCES shop (id),
    webhook_id TEXT NOT NULL,
    secret TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ends_at INTEGER,
    PRIMARY KEY (shop, webhook_id, secret)
) STRICT;

-- A message for one endpoint, written in the transaction of what it tells. AUTOINCREMENT, because receivers know a
-- message by its number: of rows that were deleted none is given out again.
CREATE TABLE webhook_delivery (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    shop TEXT NOT NULL REFERENCES shop (id),
    webhook_id TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    document TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'PENDING',
    tries INTEGER NOT NULL DEFAULT 0,
    replays INTEGER NOT NULL DEFAULT 0,
    status INTEGER,
    answer TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    tried_at INTEGER,
    settled_at INTEGER
) STRICT;
CREATE INDEX webhook_delivery_pending ON webhook_delivery (shop, webhook_id, subject, position) WHERE state = 'PENDING';
CREATE INDEX webhook_delivery_state ON webhook_delivery (shop, webhook_id, state, position);
CREATE INDEX webhook_delivery_page ON webhook_delivery (shop, webhook_id, position);
CREATE INDEX webhook_delivery_settled ON webhook_delivery (settled_at) WHERE settled_at IS NOT NULL;

-- What waits for one endpoint about one subject goes there one by one: a row while anything waits, and its lock.
CREATE TABLE webhook_lane (
    shop TEXT NOT NULL REFERENCES shop (id),
    webhook_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    PRIMARY KEY (shop, webhook_id, subject)
) STRICT;
CREATE INDEX webhook_lane_due ON webhook_lane (due_at);
