-- Sales: what the ledger tells of purchases, put together. All of it follows from the events, and can be made again.
-- Tables with more than one way to a row have a row number: without one SQLite takes the primary key for the shortest
-- way to everything, and walks all rows of a shop.

-- Up to which event of a shop the sales are made.
CREATE TABLE sales_follower (
    shop TEXT PRIMARY KEY REFERENCES shop (id),
    position INTEGER NOT NULL,
    policy TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What a shop has decided about how it counts; a shop without a row counts as the program does.
CREATE TABLE sales_policy (
    shop TEXT PRIMARY KEY REFERENCES shop (id),
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One report of a purchase, at the position of its event, and the sale that it belongs to.
CREATE TABLE sale_report (
    shop TEXT NOT NULL REFERENCES shop (id),
    position INTEGER NOT NULL,
    sale TEXT NOT NULL,
    order_key TEXT NOT NULL,
    call TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (shop, position)
) STRICT;
CREATE INDEX sale_report_by_key ON sale_report (shop, order_key);
CREATE INDEX sale_report_by_call ON sale_report (shop, call);
CREATE INDEX sale_report_by_sale ON sale_report (shop, sale);

-- Under which nodes a report knows its visitor.
CREATE TABLE sale_node (
    shop TEXT NOT NULL REFERENCES shop (id),
    node TEXT NOT NULL,
    at INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (shop, node, at, position)
) STRICT, WITHOUT ROWID;

-- Nodes that are one visitor; `identity_node` finds the links of a node.
CREATE TABLE identity_link (
    shop TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE identity_node (
    shop TEXT NOT NULL REFERENCES shop (id),
    node TEXT NOT NULL,
    link TEXT NOT NULL,
    PRIMARY KEY (shop, node, link)
) STRICT, WITHOUT ROWID;

-- What people have decided about sales, and about which reports.
CREATE TABLE sale_decision (
    shop TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE decided_report (
    shop TEXT NOT NULL REFERENCES shop (id),
    report INTEGER NOT NULL,
    decision TEXT NOT NULL,
    PRIMARY KEY (shop, report, decision)
) STRICT, WITHOUT ROWID;

-- Money that was given back, of an order number or of a report; an order may be told of later.
CREATE TABLE sale_refund (
    shop TEXT NOT NULL REFERENCES shop (id),
    position INTEGER NOT NULL,
    order_key TEXT NOT NULL,
    report INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (shop, position)
) STRICT;
CREATE INDEX sale_refund_by_key ON sale_refund (shop, order_key);
CREATE INDEX sale_refund_by_report ON sale_refund (shop, report);

-- A sale as it is since an event, and what it adds to the figures.
CREATE TABLE sale (
    shop TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    since INTEGER NOT NULL,
    placed_at INTEGER NOT NULL,
    number TEXT NOT NULL,
    order_key TEXT NOT NULL,
    currency TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    refunded_minor INTEGER NOT NULL,
    reports INTEGER NOT NULL,
    conflicts INTEGER NOT NULL,
    candidates INTEGER NOT NULL,
    state TEXT NOT NULL,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    entries TEXT NOT NULL,
    PRIMARY KEY (shop, id)
) STRICT;
CREATE INDEX sale_by_time ON sale (shop, placed_at, id);
CREATE INDEX sale_by_key ON sale (shop, order_key);

-- Sales as they were from one event to another, so that figures of the past can be had again.
CREATE TABLE sale_version (
    shop TEXT NOT NULL REFERENCES shop (id),
    id TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    document TEXT NOT NULL,
    entries TEXT NOT NULL,
    PRIMARY KEY (shop, id, since)
) STRICT;
CREATE INDEX sale_version_by_end ON sale_version (shop, until);

-- The sums of what all sales add to the figures. `calendar` says by which day refunds are counted: that of the order, or
-- that of the refund. An empty model and source are the sales themselves.
CREATE TABLE revenue (
    shop TEXT NOT NULL REFERENCES shop (id),
    calendar TEXT NOT NULL,
    currency TEXT NOT NULL,
    model TEXT NOT NULL,
    day INTEGER NOT NULL,
    source TEXT NOT NULL,
    orders INTEGER NOT NULL,
    credited_minor INTEGER NOT NULL,
    direct_minor INTEGER NOT NULL,
    assisted_minor INTEGER NOT NULL,
    refunded_minor INTEGER NOT NULL,
    PRIMARY KEY (shop, calendar, currency, model, day, source)
) STRICT, WITHOUT ROWID;
