"""The database's own guards, and what it means where one of them strikes."""


class BrokenGuard(Exception):
    """A database guard struck although the facts were locked: a fault in this program, never a client's."""


def expect(wanted: int, touched: int, what: str) -> None:
    """Raise BrokenGuard unless a guarded statement has touched all the rows that it was to touch."""
    if touched != wanted:
        raise BrokenGuard(f"{what}: {touched} of {wanted} rows")
