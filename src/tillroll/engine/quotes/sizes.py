"""How large a quote may become with all that clients attach to it; it is rewritten with every change."""

import msgspec

from tillroll.domain.quotes.quote import Quote
from tillroll.domain.rejections import Reason, Rejection

QUOTE_BYTES_MAX = 1_048_576

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def size_rejection(quote: Quote) -> Rejection | None:
    """What is wrong with a quote that has grown too large."""
    if len(_ENCODER.encode(quote)) <= QUOTE_BYTES_MAX:
        return None
    message = f"a quote must not have more than {QUOTE_BYTES_MAX} bytes of JSON in all"
    return Rejection(Reason.VALUE_TOO_LARGE, "", message)
