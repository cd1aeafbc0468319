"""Rows of what the last audit of a shop found."""

from msgspec import Struct

from tillroll.store import Transaction


class AuditRow(Struct, frozen=True):
    """An audit: when it was made (microseconds UTC), who asked for it, and what it found as JSON."""

    audited_at: int
    asked_by: str
    document: str


def store(tx: Transaction, shop: str, found: AuditRow) -> None:
    """Keep an audit in the place of the one before."""
    what = {"now": found.audited_at, "asked_by": found.asked_by, "document": found.document}
    tx.run("store_shop_audit", shop=shop, **what)


def last(tx: Transaction, shop: str) -> AuditRow | None:
    """The last one; None where there was none."""
    row = tx.row("shop_audit", shop=shop)
    return None if row is None else AuditRow(*row)
