"""A shop's keys, as they are stored."""

from tillroll.store import Transaction


def replace_secret(tx: Transaction, shop: str, identifier: str, secret_hash: str) -> bool:
    """Give a live key another secret, and let every process know; False where there is no such key with a secret."""
    replaced = tx.run("replace_secret", shop=shop, identifier=identifier, secret_hash=secret_hash)
    tx.run("bump_access_version", shop=shop)
    return bool(replaced)
