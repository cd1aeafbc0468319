"""What our own API tells about sales."""

from tillroll.engine.sales.own import OF_THE_SHOP, OF_VISITORS, TOUCHES
from tillroll.engine.sales.reading import Witness

DIALECT = "native"


def witness() -> Witness:
    """The readers of this dialect's events."""
    return Witness(DIALECT, OF_VISITORS | OF_THE_SHOP, TOUCHES)
