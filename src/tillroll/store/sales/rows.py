"""Rows of sales: reports, links, decisions, refunds, the sales that they are, and the sums of what these add."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from tillroll.domain.sales.spans import covering
from tillroll.store import Transaction
from tillroll.store.queries import keys

# What a rebuild takes away, in one transaction with where it begins.
_FORGET = (
    "forget_sale_reports",
    "forget_sale_nodes",
    "forget_identity_links",
    "forget_identity_nodes",
    "forget_sale_decisions",
    "forget_decided_reports",
    "forget_sale_refunds",
    "forget_sales",
    "forget_sale_versions",
    "forget_revenue",
    "forget_visitor_days",
    "forget_visits",
    "forget_followed_carts",
    "forget_cart_days",
    "forget_cart_sums",
    "forget_cart_outcomes",
    "forget_search_sums",
)


class Follower(Struct, frozen=True):
    """Up to which event the sales of a shop are made, and by which policy; and up to which endpoints were told."""

    position: int
    policy: str
    told: int


class ShopFollower(Struct, frozen=True):
    """How far a shop's sales are made, and by which policy; 0 and empty where nothing is. `decided` is what the shop
    has decided about its sales, as JSON."""

    id: str
    position: int
    policy: str
    decided: str | None


class ReportRow(Struct, frozen=True):
    """A report of a purchase; `document` is what was told."""

    position: int
    sale: str
    order_key: str
    call: str
    document: str


class NodeRow(Struct, frozen=True):
    """A node that a report names its visitor by."""

    node: str
    at: int
    position: int


class KeyedDocument(Struct, frozen=True):
    """A document under its id."""

    id: str
    document: str


class RefundRow(Struct, frozen=True):
    """A refund, of an order number or of a report; 0 is no report."""

    position: int
    order_key: str
    report: int
    document: str


class SaleRow(Struct, frozen=True, kw_only=True):
    """A sale as lists show and find it; `document` is all of it, `entries` what it adds to the sums."""

    id: str
    since: int
    placed_at: int
    number: str
    order_key: str
    currency: str
    total_minor: int
    refunded_minor: int
    reports: int
    conflicts: int
    candidates: int
    state: str
    sources: str
    document: str
    entries: str


class KeptSale(Struct, frozen=True):
    """A sale as it is since an event."""

    id: str
    since: int
    document: str
    entries: str


class PastSale(Struct, frozen=True):
    """A sale as it was from one event to another."""

    id: str
    since: int
    until: int
    document: str
    entries: str


class Sum(Struct, frozen=True):
    """A row of the sums, or what sales add to one."""

    calendar: str
    currency: str
    model: str
    day: int
    source: str
    orders: int
    credited_minor: int
    direct_minor: int
    assisted_minor: int
    refunded_minor: int


class SalePage(Struct, frozen=True, kw_only=True):
    """Which sales a page shows, the latest first: placed between two times (µs UTC), behind the place of another one.

    What is empty means any; `wanted` is an order number in the form that is compared, or a sale's id; `source` is a
    pattern (`pattern_of`).
    """

    shop: str
    limit: int
    since: int = -(2**62)
    until: int = 2**62
    at: int = 2**62
    id: str = ""
    currency: str = ""
    state: str = ""
    source: str = ""
    wanted: str = ""
    conflicting: int = 0


class RevenueRow(Struct, frozen=True):
    """A row of the sums, of a day."""

    model: str
    day: int
    source: str
    orders: int
    credited_minor: int
    direct_minor: int
    assisted_minor: int
    refunded_minor: int


class ModelRow(Struct, frozen=True):
    """What a source has under a model, over some days."""

    model: str
    source: str
    orders: int
    credited_minor: int
    direct_minor: int
    assisted_minor: int
    refunded_minor: int


class CurrencyRow(Struct, frozen=True):
    """How many sales there were in a currency."""

    currency: str
    orders: int


class RevenuePeriod(Struct, frozen=True):
    """Days of a shop in one currency, whose refunds are counted by one calendar."""

    shop: str
    calendar: str
    currency: str
    first: int
    last: int


def take_follower(tx: Transaction, shop: str) -> Follower | None:
    """Where the shop's sales are, to go on from there; None while another process does."""
    row = tx.row("take_sales_follower", shop=shop)
    return Follower(*row) if row is not None else None


def start_follower(tx: Transaction, shop: str) -> None:
    """Let a shop's sales begin at its first event, unless they have begun."""
    tx.run("start_sales_follower", shop=shop)


def move_follower(tx: Transaction, shop: str, position: int, policy: str) -> None:
    """Say that the sales are made up to here."""
    tx.run("move_sales_follower", shop=shop, position=position, policy=policy)


def followers(tx: Transaction) -> list[ShopFollower]:
    """How far every shop is."""
    return [ShopFollower(*row) for row in tx.rows("sales_followers")]


def followers_of(tx: Transaction, shops: Iterable[str]) -> list[ShopFollower]:
    """How far these shops are, and all those whose sales begin anew."""
    anew = [str(shop) for (shop,) in tx.rows("sales_begun_anew")]
    return [ShopFollower(*row) for row in tx.rows("sales_followers_of", keys=keys([*shops, *anew]))]


def policy(tx: Transaction, shop: str) -> str | None:
    """What the shop has decided about its sales, as JSON."""
    row = tx.row("sales_policy", shop=shop)
    return str(row[0]) if row is not None else None


def store_policy(tx: Transaction, shop: str, document: str) -> None:
    """Keep what a shop has decided about its sales."""
    tx.run("store_sales_policy", shop=shop, document=document)


def reports(tx: Transaction, shop: str, positions: Iterable[int]) -> list[str]:
    """Reports by the positions of their events."""
    return _documents(tx, "sale_reports", shop, map(str, positions))


def reports_of_keys(tx: Transaction, shop: str, order_keys: Iterable[str]) -> list[str]:
    """Reports by order number."""
    return _documents(tx, "sale_reports_of_keys", shop, order_keys)


def reports_of_calls(tx: Transaction, shop: str, calls: Iterable[str]) -> list[str]:
    """Reports by the request that made them."""
    return _documents(tx, "sale_reports_of_calls", shop, calls)


def reports_of_sales(tx: Transaction, shop: str, sales: Iterable[str]) -> list[str]:
    """All reports of these sales."""
    return _documents(tx, "sale_reports_of_sales", shop, sales)


def sales_of_reports(tx: Transaction, shop: str, positions: Iterable[int]) -> list[str]:
    """The sales that these reports belong to."""
    return _documents(tx, "sales_of_reports", shop, map(str, positions))


def positions_of_nodes(  # noqa: PLR0913  whose, since when, and how many
    tx: Transaction, shop: str, nodes: Iterable[str], *, since: int, limit: int
) -> list[int]:
    """The reports that name these nodes, of purchases since a time, the latest first."""
    found = tx.rows("sale_positions_of_nodes", shop=shop, keys=keys(nodes), since=since, limit=limit)
    return [int(position) for (position,) in found]


def links_of_nodes(tx: Transaction, shop: str, nodes: Iterable[str], limit: int) -> list[str]:
    """The links that these nodes are in."""
    return [str(link) for (link,) in tx.rows("links_of_nodes", shop=shop, keys=keys(nodes), limit=limit)]


def links(tx: Transaction, shop: str, ids: Iterable[str]) -> list[KeyedDocument]:
    """Links by id."""
    return [KeyedDocument(*row) for row in tx.rows("identity_links", shop=shop, keys=keys(ids))]


def decisions_of_reports(tx: Transaction, shop: str, positions: Iterable[int]) -> list[str]:
    """The decisions that name these reports."""
    found = tx.rows("decisions_of_reports", shop=shop, keys=keys(map(str, positions)))
    return [str(decision) for (decision,) in found]


def decisions(tx: Transaction, shop: str, ids: Iterable[str]) -> list[KeyedDocument]:
    """Decisions by id."""
    return [KeyedDocument(*row) for row in tx.rows("sale_decisions", shop=shop, keys=keys(ids))]


def refunds(tx: Transaction, shop: str, order_keys: Iterable[str], positions: Iterable[int]) -> dict[int, str]:
    """The refunds of these order numbers and of these reports, by position."""
    of_keys = tx.rows("refunds_of_keys", shop=shop, keys=keys(key for key in order_keys if key))
    of_reports = tx.rows("refunds_of_reports", shop=shop, keys=keys(map(str, positions)))
    return {int(position): str(document) for position, document in [*of_keys, *of_reports]}


def sales(tx: Transaction, shop: str, ids: Iterable[str]) -> list[KeptSale]:
    """Sales by id, as they are now."""
    return [KeptSale(*row) for row in tx.rows("sales", shop=shop, keys=keys(ids))]


def store_reports(tx: Transaction, shop: str, rows: Sequence[ReportRow], nodes: Sequence[NodeRow]) -> None:
    """Keep reports, and what they name their visitors by."""
    _run_many(tx, "store_sale_report", shop, rows)
    _run_many(tx, "insert_sale_node", shop, nodes)


def store_links(tx: Transaction, shop: str, rows: Mapping[str, tuple[str, Sequence[str]]]) -> None:
    """Keep links: their documents and nodes, by id."""
    tx.run_many(
        "store_identity_link", [{"shop": shop, "id": id, "document": document} for id, (document, _) in rows.items()]
    )
    tx.run_many(
        "insert_identity_node",
        [{"shop": shop, "node": node, "link": id} for id, (_, nodes) in rows.items() for node in nodes],
    )


def store_decisions(tx: Transaction, shop: str, rows: Mapping[str, tuple[str, Sequence[int]]]) -> None:
    """Keep decisions: their documents and the reports that they name, by id."""
    tx.run_many(
        "store_sale_decision", [{"shop": shop, "id": id, "document": document} for id, (document, _) in rows.items()]
    )
    tx.run_many(
        "insert_decided_report",
        [{"shop": shop, "report": place, "decision": id} for id, (_, places) in rows.items() for place in places],
    )


def insert_refunds(tx: Transaction, shop: str, rows: Sequence[RefundRow]) -> None:
    """Keep refunds."""
    _run_many(tx, "insert_sale_refund", shop, rows)


def store_sales(tx: Transaction, shop: str, rows: Sequence[SaleRow], gone: Sequence[str]) -> None:
    """Put sales in the place of what they were, and take away those that there are no more."""
    _run_many(tx, "store_sale", shop, rows)
    tx.run_many("delete_sale", [{"shop": shop, "id": id} for id in gone])


def insert_past(tx: Transaction, shop: str, rows: Sequence[PastSale]) -> None:
    """Keep sales as they were."""
    _run_many(tx, "insert_sale_version", shop, rows)


def add_to_sums(tx: Transaction, shop: str, rows: Sequence[Sum]) -> None:
    """Add to the sums, which come in sorted order."""
    _run_many(tx, "add_to_revenue", shop, rows)


def sums(tx: Transaction, shop: str) -> list[Sum]:
    """All sums of a shop."""
    return [Sum(*row) for row in tx.rows("sums_of_revenue", shop=shop)]


def forget(tx: Transaction, shop: str) -> None:
    """Take away everything that is made of the shop's events, and begin anew."""
    move_follower(tx, shop, 0, "")  # first, because whoever follows the shop just now is waited for by it
    for query in _FORGET:
        tx.run(query, shop=shop)


def page(tx: Transaction, wanted: SalePage) -> list[SaleRow]:
    """Sales, the latest first."""
    names = SaleRow.__struct_fields__
    found = tx.rows("sales_page", **msgspec.structs.asdict(wanted))
    return [SaleRow(**dict(zip(names, row, strict=True))) for row in found]


def pattern_of(source: str) -> str:
    """What finds a source among those who have a part in a sale."""
    for sign in ("\\", "%", "_"):
        source = source.replace(sign, f"\\{sign}")
    return f"%\n{source}\n%"


def sale_of_report(tx: Transaction, shop: str, position: int) -> str | None:
    """The sale that a report belongs to."""
    row = tx.row("sale_of_report", shop=shop, position=position)
    return str(row[0]) if row is not None else None


def revenue(tx: Transaction, period: RevenuePeriod, model: str) -> list[RevenueRow]:
    """The sums of a model, day by day."""
    found = tx.rows("revenue_of_days", model=model, **msgspec.structs.asdict(period))
    return [RevenueRow(*row) for row in found]


def revenue_of_models(tx: Transaction, period: RevenuePeriod) -> list[ModelRow]:
    """The sums of all models over some days."""
    return [ModelRow(*row) for row in tx.rows("revenue_of_models", **msgspec.structs.asdict(period))]


def currencies(tx: Transaction, shop: str, first: int, last: int) -> list[CurrencyRow]:
    """The currencies of the sales of some days, the commonest first."""
    return [CurrencyRow(*row) for row in tx.rows("currencies_of_revenue", shop=shop, first=first, last=last)]


def currencies_of_figures(tx: Transaction, shop: str, first: int, last: int) -> list[str]:
    """The currencies in which anything was sold or given back on some days."""
    found = tx.rows("currencies_of_figures", shop=shop, first=first, last=last)
    return [str(currency) for (currency,) in found]


def counted(tx: Transaction, shop: str, between: tuple[int, int], limit: int) -> list[KeptSale]:
    """The sales that count and were placed between two moments (µs UTC), which belong to it, so many at most."""
    since, until = between
    found = tx.rows("counted_sales", shop=shop, since=since, until=until, limit=limit)
    return [KeptSale(*row) for row in found]


def position(tx: Transaction, shop: str) -> int:
    """Up to which event the shop's sales are made; 0 where nothing is."""
    row = tx.row("sales_position", shop=shop)
    return int(row[0]) if row is not None else 0


def note_visits(tx: Transaction, shop: str, nodes_by_day: Mapping[int, Iterable[str]]) -> None:
    """Count visitors once for each day on which they were there."""
    for day, nodes in sorted(nodes_by_day.items()):
        new = tx.run_many("insert_visitor_day", [{"shop": shop, "day": day, "node": node} for node in sorted(nodes)])
        if new:
            tx.run("add_visits", shop=shop, day=day, visits=new)


def visits(tx: Transaction, shop: str, first: int, last: int) -> int:
    """How many visitors there were on these days, each counted once a day."""
    (found,) = tx.rows("visits_of_days", shop=shop, first=first, last=last)[0]
    return int(found)


def visits_by_day(tx: Transaction, shop: str, first: int, last: int) -> dict[int, int]:
    """How many visitors there were, day by day; days without any are not there."""
    found = tx.rows("visits_by_day", shop=shop, first=first, last=last)
    return {int(day): int(visits) for day, visits in found}


def past(tx: Transaction, shop: str, position: int) -> list[KeptSale]:
    """All sales as they were at a position of the ledger."""
    return [KeptSale(*row) for row in tx.rows("past_sales", shop=shop, position=position)]


def spans(first: int, last: int) -> str:
    """The spans that some days are, as queries take them: their lengths by their first days."""
    return msgspec.json.encode(covering(first, last)).decode()


def _documents(tx: Transaction, query: str, shop: str, wanted: Iterable[str]) -> list[str]:
    found = tx.rows(query, shop=shop, keys=keys(wanted))
    return [str(document) for (document,) in found]


def _run_many(tx: Transaction, query: str, shop: str, rows: Sequence[Struct]) -> None:
    tx.run_many(query, [msgspec.structs.asdict(row) | {"shop": shop} for row in rows])
