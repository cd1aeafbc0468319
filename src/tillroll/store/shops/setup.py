"""Rows of links with which a new server is set up."""

from tillroll.store import Transaction


def insert(tx: Transaction, hash: str, *, now: int, expires_at: int) -> None:
    """Keep a link, by the hash of its secret."""
    tx.run("insert_setup_link", hash=hash, now=now, expires_at=expires_at)


def expires_at(tx: Transaction, hash: str) -> int | None:
    """Until when a link holds; None where there is none."""
    row = tx.row("setup_link", hash=hash)
    return int(row[0]) if row is not None else None


def delete(tx: Transaction, until: int) -> int:
    """Forget the links that end until then; how many there were. A rival who does so at the same time finds none."""
    return tx.run("delete_setup_links", until=until)
